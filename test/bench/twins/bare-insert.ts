import Fastify from "fastify";
import pg from "pg";

/** The bare twin of a submission: Fastify, pg, one insert of the same payload, and nothing else. */
const pool = new pg.Pool({ connectionString: process.env.BENCH_DATABASE, max: 4 });
await pool.query(
  "create table if not exists bare (id bigint generated always as identity primary key, payload jsonb not null)",
);
const app = Fastify();
app.post("/requests", async (request, reply) => {
  await pool.query("insert into bare (payload) values ($1)", [JSON.stringify(request.body)]);
  return reply.code(201).send({ ok: true });
});
app.get("/health/live", async () => ({ ok: true }));
await app.listen({ host: "127.0.0.1", port: Number(process.env.BENCH_PORT) });
console.log("listening");
