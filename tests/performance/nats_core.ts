import { cpu } from "./cpu.ts";
// deno-lint-ignore no-explicit-any
export async function run(m: any) {
  const COUNT = 20_000;
  await using server = await m.startNats({ syncAlways: false });
  const rounds = Number(Deno.env.get("ROUNDS") ?? "1");
  for (let i = 0; i < rounds + 1; i++) {
    const backend = await m.open(server.url, `PAIR_${i}`);
    await m.appendAll(backend, m.intakes(COUNT, 500, `pair-${i}`));
    const a = cpu();
    const t = performance.now();
    await m.settleRate(backend, m.intake, COUNT);
    const b = cpu();
    const wall = performance.now() - t;
    await backend.close();
    if (i > 0) {
      console.log(
        JSON.stringify({
          node: (b.self - a.self) / COUNT * 1e6,
          server: (b.rest - a.rest) / COUNT * 1e6,
          wall: wall / COUNT * 1000,
        }),
      );
    }
  }
}
