import { subscribe } from "node:diagnostics_channel";

/**
 * Comes in by `--import`: kills its process, as a power cut would, the nth time it passes the point named in
 * `INTERCO_KILL_AT` ("interco:relay:after-publish 3"). Production code publishes these points and knows no killer.
 */
const [point, times = "1"] = process.env.INTERCO_KILL_AT?.split(" ") ?? [];
let left = Number(times);
if (point) {
  subscribe(point, () => {
    left -= 1;
    if (left === 0) process.kill(process.pid, "SIGKILL");
  });
}
