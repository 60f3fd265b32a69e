import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { asAdmin } from "@interco/operator/parts/database";
import type pg from "pg";
import type { Bench } from "./bench.ts";

/** A statement as PostgreSQL ran it, and what it read of the table asked about. */
export interface ExecutedStatement {
  text: string;
  reads: { by: string; index: string | null; rows: number }[];
}

interface PlanNode {
  "Node Type": string;
  "Relation Name"?: string;
  "Index Name"?: string;
  "Actual Rows": number;
  "Actual Loops": number;
  "Rows Removed by Filter"?: number;
  "Rows Removed by Index Recheck"?: number;
  Plans?: PlanNode[];
}

/**
 * Runs `work` and returns the statements the instance ran meanwhile that read `table`: not what an EXPLAIN of a copy would
 * say, but the plan each really had, generic ones of prepared statements included. The service's connections are made anew
 * before and after, so that measures are taken without it.
 */
export async function executedStatements(
  bench: Bench,
  instance: string,
  table: string,
  work: () => Promise<unknown>,
): Promise<ExecutedStatement[]> {
  const role = decodeURIComponent(new URL(bench.instance(instance).database).username);
  const log = join(bench.federation.data, "logs", "postgres.log");
  return await asAdmin(bench.admin, async (admin) => {
    for (const [name, value] of Object.entries(SETTINGS))
      await admin.query(`alter role ${role} set ${name} = '${value}'`);
    await reconnect(admin, role);
    const from = statSync(log).size;
    try {
      await work();
    } finally {
      for (const name of Object.keys(SETTINGS)) await admin.query(`alter role ${role} reset ${name}`);
      await reconnect(admin, role);
    }
    return readPlans(readFileSync(log).subarray(from).toString("utf8"), table);
  });
}

const SETTINGS = {
  session_preload_libraries: "auto_explain",
  "auto_explain.log_min_duration": "0",
  "auto_explain.log_analyze": "on",
  "auto_explain.log_timing": "off",
  "auto_explain.log_format": "json",
};

/** Ends the role's connections; the instance's pool makes new ones, under the settings as they now are. */
async function reconnect(admin: pg.Client, role: string): Promise<void> {
  await admin.query("select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = $1", [
    role,
  ]);
  // The pool must have noticed before it is asked for one.
  await wait(200);
}

function readPlans(log: string, table: string): ExecutedStatement[] {
  // A plan is the lines after its announcement that start with a tab.
  const plans = [...log.matchAll(/ plan:\n((?:\t.*\n)+)/g)].map(
    ([, json = ""]) => JSON.parse(json) as { "Query Text": string; Plan: PlanNode },
  );
  return plans.flatMap(({ "Query Text": text, Plan }) => {
    const reads = nodesOf(Plan).filter((node) => node["Relation Name"] === table);
    return reads.length > 0 ? [{ text, reads: reads.map(toRead) }] : [];
  });
}

function nodesOf(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(nodesOf)];
}

/** How many rows were looked at, those a filter left out included. */
function toRead(node: PlanNode): ExecutedStatement["reads"][number] {
  const each =
    node["Actual Rows"] +
    (node["Rows Removed by Filter"] ?? 0) +
    (node["Rows Removed by Index Recheck"] ?? 0);
  return { by: node["Node Type"], index: node["Index Name"] ?? null, rows: each * node["Actual Loops"] };
}
