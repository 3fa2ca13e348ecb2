// Runs one statement in DuckDB: node run.js SQL
const { DuckDBInstance } = require("@duckdb/node-api");

(async () => {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  if (process.argv[2] === "version") {
    const reader = await connection.runAndReadAll("SELECT version()");
    console.log(reader.getRows()[0][0]);
    return;
  }
  await connection.run(process.argv[2]);
})().catch((err) => {
  console.error(err.message);
  process.exit(1);
});
