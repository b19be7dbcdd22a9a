// The booking as one would write it on Node.js: Fastify, a pool, one plain transaction. It exists to be measured beside
// ours, so it is spared what ours does besides: no key, no bounds on a customer, no rule, no check of what it is sent.
//
// `server.mjs PORT DATABASE TENANT`. The database's search path leads to a store in which that tenant has booked: tables
// are made like those, with their indexes, and every row is as large as the newest of theirs.

import { randomFillSync } from "node:crypto";

import Fastify from "fastify";
import pg from "pg";

const [port, database, tenant] = process.argv.slice(2);

// Half as many as clients: more wait for each other's locks and gain nothing, fewer leave the database idle.
const pool = new pg.Pool({ connectionString: database, max: 16 });

const TAKE = {
  name: "take",
  text: `UPDATE peer_slots SET taken = taken + 1
         WHERE tenant = $1 AND service = $2 AND start = $3 AND taken < ceiling`,
};

/** The insert of a row that is like a sample but for what is given. */
function copyOf(table, sample) {
  const columns = Object.keys(sample);
  const places = columns.map((_, index) => `$${index + 1}`);
  const text = `INSERT INTO peer_${table} (${columns.join(", ")}) VALUES (${places.join(", ")})`;
  return (given) => ({
    name: table,
    text,
    values: columns.map((column) => (column in given ? given[column] : sample[column])),
  });
}

/** Makes the tables, and answers the sample of each. */
async function prepare() {
  await pool.query("DROP TABLE IF EXISTS peer_slots, peer_callbacks, peer_events, peer_outbox");
  for (const table of ["slots", "callbacks", "events", "outbox"]) {
    await pool.query(`CREATE TABLE peer_${table} (LIKE ${table} INCLUDING ALL)`);
  }
  await pool.query(
    `INSERT INTO peer_slots (tenant, service, start, taken, ceiling)
     SELECT tenant, service, start, 0, ceiling FROM slots WHERE tenant = $1`,
    [tenant],
  );
  await pool.query("ANALYZE peer_slots");
  const one = async (text, values) => (await pool.query(text, values)).rows[0];
  const callback = await one(
    "SELECT * FROM callbacks WHERE tenant = $1 AND slot IS NOT NULL ORDER BY id DESC LIMIT 1",
    [tenant],
  );
  const of = (table) =>
    one(`SELECT * FROM ${table} WHERE tenant = $1 AND callback = $2 LIMIT 1`, [tenant, callback.id]);
  return { callback, event: await of("events"), timer: await of("outbox") };
}

/** An id that rises with time, as ours do: random ones would be dearer to index. */
function newId() {
  const bytes = randomFillSync(Buffer.alloc(16));
  bytes.writeUIntBE(Date.now(), 0, 6);
  bytes[6] = 0x70 | (bytes[6] & 0x0f);
  bytes[8] = 0x80 | (bytes[8] & 0x3f);
  const hex = bytes.toString("hex");
  return [8, 12, 16, 20, 32]
    .map((end, index, ends) => hex.slice(ends[index - 1] ?? 0, end))
    .join("-");
}

const { callback, event, timer } = await prepare();
const insertCallback = copyOf("callbacks", callback);
const insertEvent = copyOf("events", event);
const insertTimer = copyOf("outbox", timer);

/** Books in one transaction; answers the id, or nothing when the slot is full. */
async function book({ serviceName, phoneNumber, desiredTime }) {
  const id = newId();
  const slot = new Date(desiredTime);
  const document = callback.document.replaceAll(callback.id, id);
  const client = await pool.connect();
  try {
    await client.query("BEGIN");
    const taken = await client.query({ ...TAKE, values: [tenant, serviceName, slot] });
    if (taken.rowCount === 0) {
      await client.query("ROLLBACK");
      return null;
    }
    const given = { service: serviceName, phone: phoneNumber, created_at: new Date() };
    await client.query(insertCallback({ ...given, id, slot, desired_at: slot, document }));
    await client.query(insertEvent({ callback: id, at: new Date() }));
    await client.query(insertTimer({ callback: id, due_at: slot }));
    await client.query("COMMIT");
    return id;
  } catch (error) {
    await client.query("ROLLBACK");
    throw error;
  } finally {
    client.release();
  }
}

const server = Fastify();
server.get("/", () => ({ ready: true }));
server.post("/engagement/v3/callbacks/create", async (request, reply) => {
  const id = await book(request.body);
  return id === null ? reply.code(429).send({ status: { code: 42900 } }) : { data: { id } };
});
await server.listen({ host: "127.0.0.1", port: Number(port) });
