"""What the words of a review are about: terms by category, with weights.

How the choices were made. A *thing* that only one craft touches weighs 3 (music, logo, colour grade): it decides
alone. A *quality* that is mostly one craft's weighs 2 (loud, blurry, abrupt), so "the speaker is too quiet" is audio
although a speaker is content. A thing that every craft touches (shot, scene, background) or a plain verb weighs 1: it
decides only when nothing else speaks. A term of several words beats and swallows the words in it: "background noise"
is audio though a background is content. A term that only says where ("after the title") counts less.
Things outweigh qualities on purpose: "the animation is slow" goes to whoever animates, "the music is slow" to whoever
picks the music.

Size words (small, big) are graphics because titles and captions are what reviewers find too small. Camera faults
(shaky, framing, focus) are content: what is in the picture, not what was put on it. Silence on a category is better
than a wrong guess: words such as "good" or "fix" are in no list.
"""

from lossy.events import Category

TERMS: dict[Category, dict[int, str]] = {
    Category.PACING: {
        4: """
            jump cut, hard cut, cut is, cuts are, cut feels, cut comes, cutting rhythm, screen time, too many cuts,
            speed up, slow down, slow motion, drags on, too long, too short, holds too long, out of rhythm,
            off the beat, on the beat, to the beat, dead air, tighten up, comes too early, comes too late,
            too early, too late, too soon, starts too early, starts too late, ends too early, ends too late,
            hold on, pick up the pace, running time, frame rate, feels rushed, double speed, half speed, smash cut,
            match cut, j cut, l cut, cross cut, cross dissolve,
            in one go, jump from, too quickly, so long, so fast, half as long, click away, no momentum,
            lose the viewer, lost the viewer, people drop off, let it breathe, cut away, cutting away,
            cut on the action, hard cut it, hit the beat, quick cuts, fade out, fade to black,
            overstays its welcome, to get going, double take, a few frames sooner, frames sooner, come out of,
            takes forever, takes ages, a beat longer, outstays its welcome, one more time, all the way across,
            reaction shot, comic timing, machine gun, cutting between, get to the point, out of nowhere, no room,
            lose this, dead moment
            """,
        3: """
            transition, pacing, pace, tempo, rhythm, timing, speed, rushed, dissolve, wipe, montage, edit,
            momentum, lingers, linger, drags, cutaway, ramp, timelapse, sped, trim, shorten, lengthen, tighten,
            jumpy, choppy, jerky,
            padding, sags, breathless, monotonous, shave, overstays, outstays, crossfade, seasick, hurry, slog,
            outlast, fades
            """,
        2: """
            fast, slow, abrupt, long, short, quick, sudden, rush, drag, hurried, sluggish, snappy, breathe, early,
            late, hold, pause, extend, delay, cut, beat, flow, boring, hectic, frantic, longer, shorter, faster,
            slower, quicker, snappier, earlier, later, smooth, instant, freeze, loop, cuts, dull,
            endless, bored, abruptly, quickly, rushes, seconds too, sooner, patience, waiting, forever, drawn,
            ages, repeat, repeats, stretch, minutes, gap, gaps
            """,
        1: "second, seconds, minute, frames, moment, intro, outro, sequence, ending, stop, start, skip, wait",
    },
    Category.AUDIO: {
        4: """
            voice over, voiceover, sound effect, sound effects, sound design, sound mix, background noise,
            background music, background track, room tone, lip sync, out of sync, audio sync, audio level,
            audio levels, noise floor, bring down the music, under the voice, hard to hear, can't hear,
            cannot hear, can not hear, can hardly hear, cut off the audio, low end, wind noise,
            pop filter, plosives, cross fade the music, sound level, plays too loud, room noise,
            mouth noise, dead silence, louder than, quieter than, hard to understand,
            cuts out, turn it down, turn it up, turned up, left channel, right channel, laugh track, room echo,
            lips move, lips don't, mouth and, can hardly, on the microphone, off mic, out of tune, wrong track,
            background chatter, sound sorted, hit the microphone, in sync, sound of, drop should hit, pop shield,
            beef it up, bring up the
            """,
        3: """
            music, audio, sound, volume, song, soundtrack, track, narration, narrator, dialogue, dialog, voice,
            microphone, mic, hiss, hum, buzz, echo, reverb, noise, mix, bass, treble, foley, jingle, score,
            melody, drum, drums, piano, guitar, vocal, vocals, sfx, decibel, db, equalizer, eq, crackle, crackling,
            distortion, clipping audio, breath, mumble, mumbles, ducking, duck, loudness, static, pronunciation,
            stereo, mono, whoosh,
            tune, mumbling, unintelligible, whistle, hissing, humming, buzzing, rumble, crackles, birdsong,
            footsteps, applause, laughter, chorus, lyrics, singer, singing, deafening, ringtone, siren, thud,
            swoosh, dub, dubbing, dubbed, levels, lufs, decibels, lavalier, lav, ambience, denoise, compressor,
            compressed, gain, knob, guitarist, violin, strings, orchestra, trumpet, choir, chords, crickets,
            chatter, coughing, cough, sneeze, clap, clapping, barking, bark, bell, bells, rustling, rustle,
            popping, pops, plosive, whisper, whispers, shout, shouting, scream, de-ess, sibilance, headphones,
            earphones, speakers, loudspeaker, footstep, underwater, garbled, tinnitus, clicks, beep, beeps, ring
            """,
        2: """
            loud, quiet, noisy, muffled, hear, inaudible, audible, mute, unmute, silent, silence, louder, quieter,
            tinny, boomy, shrill, harsh, distorted, muddy, squeaky, listen, hearing, faint, spoken,
            accent, sibilant, peaking
            """,
        1: "speak, speaks, talking, say, says, noises, sings",
    },
    Category.COLOR: {
        4: """
            color grade, colour grade, color grading, colour grading, white balance, skin tone, skin tones,
            color correction, colour correction, color temperature, colour temperature, blown out, black level,
            black levels, too dark, too bright, washed out, color cast, colour cast, green tint, blue tint,
            low contrast, high contrast, color match, colour match, match the color, over exposed, under exposed,
            lens flare, black and white, flat look, dynamic range,
            too warm, too cool, too blue, too green, too red, too yellow, too orange, half a stop, third of a stop,
            of a stop, blown highlights, lens filter, filmic curve, golden hour, camera match,
            does not match camera, hard light, soft light, purple fringing, expose it, light changes, looks faded,
            looks flat, skin's gone, flesh tones, black hole, dial the warmth, warm up, cool down, pushed too far
            """,
        3: """
            color, colour, grade, grading, saturation, saturated, desaturated, oversaturated, contrast, exposure,
            exposed, overexposed, underexposed, lighting, highlight, highlights, hue, tint, tinted, lut, gamma,
            brightness, vignette, sepia, monochrome, vibrance, luminance, teal, orange, magenta, vivid,
            histogram, kelvin, washed, milky, murky, gloomy, crush, blacks, whites, shadowy, lit, unlit, noon,
            daylight, tungsten, fluorescent, neon, flickers, flicker, flickering, banding, fringing, spill, grain,
            grainy, underlit, hazy, haze, foggy, silhouette, backlit, backlight, flash, brightest, darkest,
            radioactive, bleached, warmth, crimson, scarlet, cyan, turquoise, violet, beige, brown, reds,
            greens, blues, yellows, oranges, purples, sunny, cloudy, tan, corpse, brightly, darkness, glowing,
            sunlight, moonlight, stops
            """,
        2: """
            dark, bright, warm, cool, cold, dim, pale, brighter, darker, warmer, cooler, brighten, darken, light,
            red, green, blue, yellow, purple, pink, shadow, shadows, grey, gray, vibrant, moody, yellowish,
            bluish, greenish, reddish, colorful, colourful, glow, glare
            """,
        1: "tone, tones, sky, sunset, skin, black, white, sun, soft",
    },
    Category.GRAPHICS: {
        4: """
            lower third, lower thirds, title card, end card, end screen, hard to read, can't read, cannot read,
            difficult to read, motion graphics, motion graphic, drop shadow, safe area, safe zone, out of frame text,
            name tag, call to action, progress bar, off center, not centered, not aligned, too small, too big,
            text size, font size, line spacing, subtitle track, closed captions, pop up, call out, on screen text,
            spelling mistake, green screen, picture in picture, visual effects, cut off text,
            text is cut off, text is missing, phone number, web address,
            bottom left, bottom right, top right, top left, dark box, wire removal, film burn, pie chart,
            bar chart, bullet points, end board, date format, speech bubble, number plate, license plate,
            brand font, capital letter, capital letters, surname wrong, spelled wrong, on the strap,
            muzzle flash, cg, cgi, screen replacement, qr code, two lines, counting up, pop on, pops on, pops up,
            pops onto
            """,
        3: """
            title, text, logo, caption, font, graphic, graphics, animation, overlay, subtitle, subtitles, typo,
            spelling, misspelled, headline, icon, banner, watermark, button, chart, graph, diagram, table, infographic,
            arrow, typography, typeface, kerning, letter, letters, wording, label, badge, credits, credit,
            illustration, vfx, render, thumbnail, url, hashtag, emoji, cursor, animated, animate, motion,
            legible, illegible, readable, unreadable, bullet, headings, heading, pixelated, slide, mockup, lettering,
            disclaimer, callout, scoreboard, spelled, spelt, misspelling, apostrophe, comma, percentage, strap,
            supers, super, chyron, pie, wireframe, trademark, symbol, compositing, composite, composited,
            particles, bullets, map, legend, grid, circle, highlighted, box, sticker, stickers, countdown, counter,
            timer, emojis, captioned, captions, scroll, ticker, template, vector, svg, brand guidelines,
            guidelines, hyphen, punctuation, digits, digit, accents, pixels, dragon, hologram, matte, keying,
            rotoscope, roto
            """,
        2: """
            small, big, blurry, bigger, smaller, read, align, aligned, centered, center, centred, layout, size, tiny,
            huge, bold, italic, outline, margin, opacity, transparent, resolution, jagged, overlaps, overlap,
            covers, larger, large, thin, thick, bounce, spacing, busy, cluttered, sharpen, sharp, fuzzy, corner,
            enlarge, shrink, scale
            """,
        1: "on the left, on the right, to the left, to the right, left, right, move, effect, effects, screen, blur",
    },
    Category.CONTENT: {
        4: """
            out of focus, eye contact, off screen, continuity error, wrong take, other take, better take,
            different take, alternate take, different angle, wrong shot, another shot, remove the scene,
            remove this scene, remove the shot, remove this shot, delete this scene, delete the scene,
            cut this scene, take this out, leave this out, b roll, stock footage, not needed, does not make sense,
            doesn't make sense, don't understand, factually wrong, wrong name, wrong date, wrong number,
            double chin, legal problem, head room, headroom, camera angle, camera move, product shot, close up,
            wide shot, drone shot, establishing shot, story line, talking head, in the way, boom in the shot,
            script says, brand name, missing shot,
            close-up, left hand, right hand, the wrong, wrong price, wrong end, wrong door, wrong shirt,
            release form, sign a release, in the next shot, pronounces our name, mentions,
            crossing the line, our lawyer, without a permit, not allowed, horizon's going, frame is tilted,
            the wrong name, people won't know, steps are missing, skipped step, what he tells us,
            what she tells us, doesn't explain, another take, is there an alternative, wedding ring, the story,
            should be in it, isn't in it, never introduces, in real life, health and safety
            """,
        3: """
            story, storyline, script, camera, framing, composition, footage, take, angle, continuity, focus,
            actor, actress, interview, interviewee, message, narrative, broll, location, prop, props, wardrobe,
            costume, plot, quote, claim, fact, facts, demo, testimonial, zoom, pan, tilt, tripod, lens, crop,
            reshoot, blink, reflection, competitor, confidential, screenplay, gesture,
            permit, permission, lawyer, legal, intern, ceo, mayor, president, minister, faces, pupils, scar,
            tilted, horizon, crooked, warranty, recipe, founded, believe, believable, cries, introduces, introduce,
            attend, promised, hammering, drill, helmet, wearing, wears, pours, hand over, publish, consent,
            copyright, trespass, stereotype, sexist, racist, smoking, cigarette, alcohol, blinking, stares,
            staring, holding, presenter, host, spokesperson, mispronounces, mispronounce, pronounce, pronounces,
            statistic, statistics, misleading, false, untrue, cameraman, crew, shirt, dress, jacket, hat, kids,
            children, child, knot
            """,
        2: """
            shaky, remove, delete, replace, missing, wrong, repetitive, redundant, confusing,
            unclear, irrelevant, offensive, incorrect, inaccurate, swap, reframe, wobbly, handheld, awkward,
            distracting, explain, mention, reorder, rearrange, insert, outdated, boom, face, person, people, hands
            """,
        1: """
            product, speaker, scene, shot, background, foreground, part, section, clip, frame, picture, image, view,
            add, chapter, show, shows, man, woman, car, house, building, opening, keep, video, film, change, topic,
            customer, harbor, harbour, boat, sea, water, tree, street, room
            """,
    },
}
