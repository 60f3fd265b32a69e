import { expect, it } from "vitest";
import { sourceFiles } from "./source-files.ts";

const services = sourceFiles(["services/idp/src", "services/instance/src"]);
const packages = sourceFiles([
  "packages/contracts/src",
  "packages/kernel/src",
  "packages/platform/src",
  "packages/ui/src",
  "packages/operator/src",
]);

it("services never import each other", () => {
  const wrong = services.filter(({ path, imports }) => {
    const other = path.startsWith("services/idp/") ? "instance" : "idp";
    return imports.some(
      ({ from }) => from.startsWith(`@interco/${other}`) || from.includes(`services/${other}`),
    );
  });
  expect(wrong.map(({ path }) => path)).toEqual([]);
});

it("packages never import services", () => {
  const wrong = packages.filter(({ imports }) =>
    imports.some(({ from }) => /^@interco\/(idp|instance)/.test(from) || from.includes("services/")),
  );
  expect(wrong.map(({ path }) => path)).toEqual([]);
});

it("the operator's folders import in one direction only", () => {
  const order = ["state", "processes", "federation", "parts", "apply", "runner"];
  const folderOf = (path: string) => /^packages\/operator\/src\/(\w+)\//.exec(path)?.[1];
  const wrong = sourceFiles(["packages/operator/src"]).flatMap(({ path, imports }) => {
    const folder = folderOf(path);
    if (!folder) return [];
    return imports
      .map(({ from }) => folderOf(new URL(from, `file:///${path}`).pathname.slice(1)))
      .filter((other) => other && order.indexOf(other) > order.indexOf(folder))
      .map((other) => `${path} → ${other}`);
  });
  expect(wrong).toEqual([]);
  const folders = sourceFiles(["packages/operator/src"]).flatMap(({ path }) => folderOf(path) ?? []);
  expect([...new Set(folders)].sort()).toEqual([...order].sort());
});

it("a file reaches another package by its exports, never by its path", () => {
  const wrong = [...services, ...packages].flatMap(({ path, imports }) => {
    const home = path.split("/").slice(0, 2).join("/");
    return imports
      .filter(
        ({ from }) =>
          from.startsWith(".") && !new URL(from, `file:///${path}`).pathname.startsWith(`/${home}/`),
      )
      .map(({ from }) => `${path} → ${from}`);
  });
  expect(wrong).toEqual([]);
});

it("the kernel does no input or output", () => {
  const kernel = sourceFiles(["packages/kernel/src"]);
  const wrong = kernel.flatMap(({ path, text, imports }) => [
    ...imports.filter(({ from }) => from.startsWith("node:")).map(({ from }) => `${path} imports ${from}`),
    ...[...text.matchAll(/\b(fetch\(|process\.|Date\.now\(|new Date\(\)|Math\.random)/g)].map(
      ([use]) => `${path} uses ${use}`,
    ),
  ]);
  expect(wrong).toEqual([]);
});

it("only repositories use Kysely in services", () => {
  const allowed = /(-repository|\/database|\/schema)\.ts$/;
  const wrong = services.filter(
    ({ path, imports }) =>
      !allowed.test(path) && imports.some(({ from, typeOnly }) => from === "kysely" && !typeOnly),
  );
  expect(wrong.map(({ path }) => path)).toEqual([]);
});

it("oidc-provider is touched in one folder only", () => {
  const wrong = services.filter(
    ({ path, imports }) =>
      !path.includes("/provider/") &&
      imports.some(({ from, typeOnly }) => from === "oidc-provider" && !typeOnly),
  );
  expect(wrong.map(({ path }) => path)).toEqual([]);
});

it("use cases and rules know no Fastify and no NATS", () => {
  // Files that stand at the edge: their name says so, or they are listed.
  const edge = /(-routes|-page|sharing|worker|\/file-answer|\/file-upload|\/follow-access)\.ts$/;
  const wrong = sourceFiles([
    "services/instance/src/requests",
    "services/instance/src/dispatch",
    "services/instance/src/letters",
    "services/instance/src/jobs",
  ]).filter(
    ({ path, imports }) =>
      !edge.test(path) && imports.some(({ from }) => /^(fastify|@fastify\/|@nats-io\/)/.test(from)),
  );
  expect(wrong.map(({ path }) => path)).toEqual([]);
});

/**
 * Folders of the instance that import each other, and why. Each pair is a knot: this list grows shorter, never longer.
 */
const KNOTS = [
  // Pages of agents, tables and the journal stand in the backoffice's frame, which shows who acts.
  "agents/backoffice",
  "backoffice/dispatch",
  "backoffice/operations",
  // Who is signed in decides who acts, and a sign-in says as whom.
  "agents/sign-in",
  // A portal lists procedures, whose pages wear the site.
  "procedures/sites",
];

it("folders of the instance import each other in one direction", () => {
  const root = "services/instance/src/";
  const edges = new Set(
    services
      .filter(({ path }) => path.startsWith(root))
      .flatMap(({ path, imports }) =>
        imports
          .filter(({ from }) => from.startsWith("."))
          .map(({ from }) => new URL(from, `file:///${path}`).pathname.slice(1))
          .filter((target) => target.startsWith(root))
          .map((target) => [path, target].map((file) => file.slice(root.length).split("/").slice(0, -1)[0]))
          .filter(([from, to]) => from && to && from !== to)
          .map(([from, to]) => `${from}/${to}`),
      ),
  );
  const knots = [...edges].filter((edge) => {
    const [from = "", to = ""] = edge.split("/");
    return from < to && edges.has(`${to}/${from}`);
  });
  expect(knots.sort()).toEqual([...KNOTS].sort());
});

it("no file is named for what it isn't", () => {
  const all = [...services, ...packages];
  expect(
    all.filter(({ path }) => /\/(utils?|helpers?|index|misc|common)\.ts$/.test(path)).map(({ path }) => path),
  ).toEqual([]);
});
