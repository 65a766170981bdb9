import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { createFactsReader, type FactsReader } from '../src/main/models/file-facts.ts'
import { scanModels } from '../src/main/models/scan.ts'
import { round, runBench } from './harness.ts'

// What a scan of many model files costs, and for how long it holds up everything else in the core.

const NS_PER_MS = 1e6
const FILES_PER_FOLDER = 200

function fill(root: string, files: number): void {
  const header = Buffer.alloc(64)
  header.write('GGUF')
  for (let at = 0; at < files; at += 1) {
    const folder = join(root, 'models', `maker-${Math.floor(at / FILES_PER_FOLDER)}`)
    if (at % FILES_PER_FOLDER === 0) mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, `model-${at}-Q4_K_M.gguf`), header)
  }
}

async function scan(homeDir: string, facts: FactsReader) {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  const cpu = process.cpuUsage()
  delay.enable()
  const began = performance.now()
  const found = await scanModels({ homeDir, folders: [] }, facts)
  const tookMs = performance.now() - began
  delay.disable()
  const { user, system } = process.cpuUsage(cpu)
  return {
    models: found.models.length,
    ms: round(tookMs, 1),
    cpu_ms: round((user + system) / 1_000, 1),
    max_event_loop_delay_ms: round(delay.max / NS_PER_MS, 2)
  }
}

await runBench({
  name: 'models',
  options: [{ name: 'files', help: 'model files made for it', defaultValue: 10_000, min: 1, max: 50_000 }],
  async measure(context) {
    const home = mkdtempSync(join(tmpdir(), 'firebreak-bench-models-'))
    context.atEnd(() => rmSync(home, { recursive: true, force: true }))
    fill(home, context.number('files'))
    const facts = createFactsReader()
    const first = await scan(home, facts)
    const again = await scan(home, facts)
    return {
      figures: {
        scan_ms: first.ms,
        rescan_ms: again.ms,
        rescan_cpu_ms: again.cpu_ms,
        max_event_loop_delay_ms: Math.max(first.max_event_loop_delay_ms, again.max_event_loop_delay_ms)
      },
      rows: [
        { scan: 'first', ...first },
        { scan: 'second', ...again }
      ]
    }
  }
})
