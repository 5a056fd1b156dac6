// Judges the syntax of JavaScript and TypeScript: reads paths from standard input, prints those that do not parse, with the reason.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const ts = createRequire(process.argv[2] + "/")("typescript");
const kinds = { ".tsx": ts.ScriptKind.TSX, ".jsx": ts.ScriptKind.JSX, ".ts": ts.ScriptKind.TS, ".mts": ts.ScriptKind.TS, ".cts": ts.ScriptKind.TS };

for (const path of readFileSync(0, "utf8").split("\0").filter(Boolean)) {
  const kind = kinds[/\.[a-z]+$/.exec(path)?.[0]] ?? ts.ScriptKind.JSX;
  const file = ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.Latest, false, kind);
  const error = file.parseDiagnostics[0];
  if (error) console.log(JSON.stringify([path, ts.flattenDiagnosticMessageText(error.messageText, " ")]));
}
