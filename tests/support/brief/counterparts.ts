/** What each command line of the brief is here. The brief was written for Python, and is wanted in Deno. @module */

/** How a line is tried. */
export type Counterpart =
  /** As it stands. */
  | { readonly run: string; readonly prints: RegExp }
  /** As it stands, in the long tests alone: it takes half a minute or more. What can't hold its rate says so, and ends with 1. */
  | { readonly long: string; readonly prints: RegExp }
  /** By the test of the gate that is named: a file, and a part of what it says. */
  | { readonly line: string; readonly shownBy: string; readonly says: string }
  /** It prepares what Python or macOS needs and Deno does not. */
  | { readonly needless: string };

const LOADED = /end to end, three processors +\d/;
const PASSED = /^Passed: \d+ runs?, 0 failed/;

const chaos = { long: "deno task chaos --backend both --scenario network_partition", prints: PASSED };
const natsLoad = {
  long: "deno task load --backend nats --rate 10000/sec --duration 60s",
  prints: LOADED,
};
const postgresCases = {
  run: "deno task simulate --backend postgres --count 1000",
  prints: /^1,000 cases stored/,
};

/** By the line of the brief, byte for byte; a line may have several counterparts. */
export const counterparts: Readonly<Record<string, readonly Counterpart[]>> = {
  "deno task start": [
    { line: "deno task start", shownBy: "tests/integration/cli/commands_test.ts", says: '"start"' },
  ],
  "deno task chaos": [{ long: "deno task chaos", prints: PASSED }],
  "deno task simulate --backend postgres --count 1000": [postgresCases],
  "deno task load --backend nats --rate 10000/sec --duration 60s": [natsLoad],
  "deno task chaos --backend both --scenario network_partition": [chaos],
  "brew services start postgresql@18": [
    { needless: "an embedded PostgreSQL 18 is started where no --url names a server" },
  ],
  "brew install nats-server": [{
    needless: "whoever has no nats-server is told this line, or that of its platform",
  }],
  "python3 -m venv venv": [{ needless: "Deno keeps the packages of each program apart" }],
  "source venv/bin/activate": [{ needless: "Deno keeps the packages of each program apart" }],
  "pip install -r requirements.txt": [{ needless: "Deno fetches what deno.lock names at the first run" }],
  "psql -d schulden -f postgres/schema.sql": [
    {
      line: "psql -d schulden -f schema/postgres/schema.sql",
      shownBy: "tests/integration/brief/quick_start_test.ts",
      says: '"-d", "schulden", "-f", SCHEMA',
    },
  ],
  "nats-server -js": [
    {
      line: "nats-server -js",
      shownBy: "tests/integration/brief/quick_start_test.ts",
      says: "startNats({ syncAlways: false })",
    },
  ],
  "python nats/setup_streams.py": [
    {
      line: "deno task setup --backend nats --url nats://localhost:4222",
      shownBy: "tests/integration/brief/quick_start_test.ts",
      says: '"setup", "--backend", "nats", "--url"',
    },
  ],
  "python simulators/case_generator.py --backend postgres --count 1000": [
    postgresCases,
    {
      run: "deno run -A simulators/case_generator.ts --backend postgres --count 1000",
      prints: /^1,000 cases stored/,
    },
  ],
  "python simulators/case_generator.py --backend nats --count 10000": [
    { run: "deno task simulate --backend nats --count 10000", prints: /^10,000 cases stored/ },
  ],
  "python simulators/load_tester.py --backend postgres --rate 100/sec --duration 60s": [
    { long: "deno task load --backend postgres --rate 100/sec --duration 60s", prints: LOADED },
  ],
  "python simulators/load_tester.py --backend nats --rate 10000/sec --duration 60s": [natsLoad],
  "python simulators/chaos.py --backend both --scenario network_partition": [chaos],
  "pytest tests/": [{ line: "deno task test", shownBy: "deno.json", says: '"test": {' }],
  "pytest tests/integration/": [
    { line: "deno task test:integration", shownBy: "deno.json", says: '"test:integration": {' },
  ],
  "pytest tests/performance/ --benchmark": [
    { line: "deno task bench", shownBy: "deno.json", says: '"bench": {' },
  ],
};
