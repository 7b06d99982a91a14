// Reads the YAML of ethereum/execution-apis and prints one JSON object: the schema of each method's
// result, and the schemas that these refer to.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

const source = process.argv[2];
const files = (folder) =>
  readdirSync(join(source, folder))
    .filter((name) => name.endsWith(".yaml"))
    .map((name) => parse(readFileSync(join(source, folder, name), "utf8")));
const methods = files("eth").flat();
console.log(
  JSON.stringify({
    schemas: Object.assign({}, ...files("schemas")),
    results: Object.fromEntries(methods.map((one) => [one.name, one.result?.schema])),
  }),
);
