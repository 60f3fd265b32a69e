import { readdirSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";

export interface TemplateFile {
  /** Path below the folder scanned, without its end: `requests/request-page`. */
  name: string;
  file: string;
  source: string;
}

/** Every `.hbs` below a folder, sorted by name. */
export function readTemplates(folder: string): TemplateFile[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".hbs"))
    .sort()
    .map((path) => {
      const file = join(folder, path);
      const name = path.slice(0, -".hbs".length).replaceAll(sep, "/");
      return { name, file, source: readFileSync(file, "utf8") };
    });
}
