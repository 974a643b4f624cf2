/**
 * The golden messages, read by the schema as the Python tests read them by the models: both sides understand the same.
 * NUL is refused in every string; the schema has no place for such a rule.
 */
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import schema from "../../docs/protocol.schema.json";
import bad from "../../tests/golden/bad.json";
import good from "../../tests/golden/good.json";
import { PROTOCOL_VERSION } from "../src/shared/wire.ts";

interface Golden {
  message: string;
  body: object;
  why: string;
}

const ajv = new Ajv2020({ strict: false, formats: { "date-time": (text: string) => !Number.isNaN(Date.parse(text)) } });
ajv.addSchema(schema, "protocol");

function isRead(message: string, body: object): boolean {
  const validate = ajv.getSchema(`protocol#/$defs/${message}`);
  if (!validate) throw new Error(`no schema for ${message}`);
  return validate(body) as boolean;
}

/** An event as the server writes it, with every field: the first example has them all. */
function asWritten({ message, body }: Golden): object {
  const isEvent = Object.values(schema.events).some((ref) => ref.$ref === `#/$defs/${message}`);
  return isEvent ? { ...good.find((golden) => golden.message === message)?.body, ...body } : body;
}

test("the types are of the schema's version", () => {
  expect(schema.protocol).toBe(PROTOCOL_VERSION);
});

test.each<Golden>(good)("$message is read: $why", (golden) => {
  expect(isRead(golden.message, asWritten(golden))).toBe(true);
});

test.each<Golden>(bad.filter((golden) => golden.why !== "NUL"))("$message is refused: $why", ({ message, body }) => {
  expect(isRead(message, body)).toBe(false);
});
