/** The videos that the server knows of for this browser: one session each, kept over lost connections. */
import type { Connection } from "lossy/connection.js";
import type { OpenVideo } from "../shared/messages.ts";
import type { Playback, VideoOpened } from "../shared/wire.ts";
import { Positions } from "./positions.ts";
import { tellWorker } from "./worker.ts";

/** A tab's video, and by what id the server knows it. */
type Known = OpenVideo & { video: string | null; positions: Positions };

export class Videos {
  /** The tab that was told last: the one in front of the reviewer. */
  front: number | null = null;
  #open = new Map<number, Known>();
  #entered: ((tab: number, opened: VideoOpened) => void)[] = [];
  #refused: (tab: number, problem: string) => void = () => {};

  constructor(private readonly connection: Connection) {
    connection.on(({ namespace, connected }: { namespace: string; connected: boolean }) => {
      if (namespace === "/video" && connected) void this.#enterAll();
    });
  }

  /** Call back when a tab's video has a session. */
  onEntered(heard: (tab: number, opened: VideoOpened) => void): void {
    this.#entered.push(heard);
  }

  /** Call back when the server wants nothing of a tab's video. */
  onRefused(heard: (tab: number, problem: string) => void): void {
    this.#refused = heard;
  }

  get(tab: number): Known | undefined {
    return this.#open.get(tab);
  }

  /** The tab whose video has this session; the one in front, if there are several. */
  tabOf(session: string): number | null {
    const tabs = this.tabsOf((video) => video.session === session);
    return tabs.find((tab) => tab === this.front) ?? tabs[0] ?? null;
  }

  /** The tabs with such a video. */
  tabsOf(fits: (video: Known) => boolean): number[] {
    return [...this.#open.values()].filter(fits).map(({ tab }) => tab);
  }

  async open(video: OpenVideo): Promise<void> {
    const known = this.#open.get(video.tab);
    const same = known && known.context.url === video.context.url ? known : null;
    const { session = null, video: id = null, positions = new Positions() } = same ?? {};
    this.#open.set(video.tab, { ...video, session: video.session ?? session, video: id, positions });
    this.front = video.tab;
    if (this.connection.connected("/video")) await this.#enter(video.tab);
  }

  close(tab: number): void {
    this.#open.delete(tab);
    if (this.front === tab) this.front = null;
  }

  /** Tell where a tab's player stood; throws `Refused` while that can't be told. */
  async report(tab: number, url: string, reports: Playback[]): Promise<void> {
    const video = this.#open.get(tab);
    if (video?.context.url === url) video.positions.take(reports);
    // Of a tab that was never in front nothing is wanted; its page keeps the last reports.
    if (!video?.session || video.context.url !== url)
      throw Object.assign(new Error("This video is not open yet."), { code: "offline" });
    const { session, player } = video;
    await this.connection.request("/video", "report_playback", { session, reports, player });
  }

  async #enterAll(): Promise<void> {
    const tabs = [...this.#open.keys()].filter((tab) => tab !== this.front);
    for (const tab of this.front === null ? tabs : [...tabs, this.front]) await this.#enter(tab);
  }

  async #enter(tab: number): Promise<void> {
    const video = this.#open.get(tab);
    if (!video) return;
    const { player, context } = video;
    try {
      const opened: VideoOpened = await this.connection.request("/video", "video_context", context);
      if (this.#open.get(tab) !== video) return;
      [video.session, video.video] = [opened.session, opened.video];
      const { session, title } = opened;
      void tellWorker({ to: "worker", type: "video_opened", tab, player, video: opened.video, session, title });
      for (const heard of this.#entered) heard(tab, opened);
    } catch (error) {
      const { code, message } = error as { code?: string; message: string };
      if (code === "offline" || this.#open.get(tab) !== video) return;
      void tellWorker({ to: "worker", type: "video_refused", tab, player, message });
      this.#refused(tab, message);
    }
  }
}
