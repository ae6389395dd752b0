// Judges SARIF logs by the schema of the standard: one path a line on standard input; what is wrong goes to standard output.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
// The schema is written in draft 04.
const Ajv = require("ajv-draft-04");
const formats = require("ajv-formats");

const read = (path) => JSON.parse(readFileSync(path, "utf8"));
const ajv = new Ajv({ allErrors: true, strict: false });
formats(ajv);
const valid = ajv.compile(read(new URL("sarif-schema-2.1.0.json", import.meta.url)));
for (const path of readFileSync(0, "utf8").split("\n").filter(Boolean)) {
  if (!valid(read(path)))
    for (const error of valid.errors.slice(0, 5)) console.log(`${path}: ${error.instancePath} ${error.message}`);
}
