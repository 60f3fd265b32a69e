import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";

export { Counter, Gauge, Registry };

/** A registry with the process's own figures, for `/metrics` (Prometheus text format). */
export function createMetrics(service: string): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry });
  return registry;
}

/** A figure, told apart from others of its name by its labels. */
export interface Sample {
  value: number;
  labels?: Record<string, string>;
}

interface Shown {
  name: string;
  help: string;
  labels?: readonly string[];
  /** Read at each collection; when it fails the figure is absent, which is what a collector's alert looks for. */
  read: () => readonly Sample[] | Promise<readonly Sample[]>;
}

/** Shows what is counted elsewhere, since the process started. */
export function showCount(registry: Registry, { name, help, labels = [], read }: Shown): void {
  new Counter({
    name,
    help,
    labelNames: labels,
    registers: [registry],
    async collect() {
      this.reset();
      for (const { value, labels = {} } of await readOrNothing(read)) this.inc(labels, value);
    },
  });
}

/** Shows how much there is now of what is kept elsewhere. */
export function showLevel(registry: Registry, { name, help, labels = [], read }: Shown): void {
  new Gauge({
    name,
    help,
    labelNames: labels,
    registers: [registry],
    async collect() {
      this.reset();
      for (const { value, labels = {} } of await readOrNothing(read)) this.set(labels, value);
    },
  });
}

async function readOrNothing(read: Shown["read"]): Promise<readonly Sample[]> {
  try {
    return await read();
  } catch {
    return [];
  }
}
