import { readRows } from './estimate/fields.ts'
import { judgeFinetune } from './estimate/finetune.ts'
import type { Judged } from './estimate/judged.ts'
import { judgeLlama } from './estimate/llama.ts'
import { openPlanner } from './estimate/planner.ts'
import { judgeSglang } from './estimate/sglang.ts'
import { judgeVllm } from './estimate/vllm.ts'
import { runBench, type BenchContext, type Measured } from './harness.ts'

// The product's estimates against what real runs and llama.cpp's own planner came to.

async function measure(context: BenchContext): Promise<Measured> {
  const folders = context.paths('data')
  const rowsOf = (file: string): readonly unknown[] => {
    const rows = folders.flatMap((folder) => readRows(folder, file) ?? [])
    context.say(`${file}: ${rows.length} rows`)
    return rows
  }
  const planner = openPlanner()
  context.atEnd(() => planner.close())
  const judged: readonly Judged[] = [
    judgeLlama(rowsOf('llamacpp-logs.jsonl'), rowsOf('llamacpp-simulated.jsonl'), planner),
    judgeVllm(rowsOf('vllm-logs.jsonl')),
    judgeSglang(rowsOf('sglang-logs.jsonl')),
    judgeFinetune(rowsOf('finetune-measured.jsonl'))
  ]
  const figures: Record<string, number> = {}
  for (const one of judged) {
    // What could not be judged is written as null.
    for (const [name, value] of Object.entries(one.figures)) figures[name] = value ?? Number.NaN
  }
  figures['not_judged_rows'] = judged.reduce((sum, { notJudged }) => sum + notJudged, 0)
  figures['unknown_rows'] = judged.reduce((sum, { unknown }) => sum + unknown, 0)
  return { figures, rows: judged.flatMap(({ rows }) => rows) }
}

await runBench({
  name: 'estimate',
  options: [],
  paths: [{ name: 'data', help: 'folder with rows of ground truth, any of its files' }],
  measure
})
