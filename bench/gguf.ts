import { spawn } from 'node:child_process'
import { linkSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'vite'
import { modelWithTokens, writeLargeGguf } from '../test/support/large-gguf.ts'
import { writeSparseGguf } from '../test/support/gguf-writer.ts'
import { percentile, round, runBench, type BenchContext } from './harness.ts'

// What reading the header of a large model costs, each time in a new process and with the code bundled as it is shipped,
// beside Hugging Face's own reader; and a folder of 1 000 models, read once and once more.

const MIB = 1024 * 1024
const CHILDREN = join(import.meta.dirname, 'gguf')
const CHILD_DEADLINE_MS = 600_000
const MODELS = 1_000
/** The other reader takes seconds for one. */
const MOST_COMPARED = 2
/** Llama 2's: a header of 2.4 MB. */
const FOLDER_TOKENS = 32_000

interface ReadReport {
  readonly ms: number
  /** Of all threads: what other work on the machine changes little. */
  readonly cpuMs: number
  readonly maxRssBytes: number
}

interface FolderReport {
  readonly firstMs: number
  readonly cachedMs: number
  readonly keptBytes: number
  readonly maxRssBytes: number
}

const CHILD_NAMES = ['header-child', 'hugging-face-child', 'nothing-child', 'folder-child'] as const
type ChildName = (typeof CHILD_NAMES)[number]

/** Types stripped while running would take more memory than all the reading. */
async function bundle(folder: string): Promise<void> {
  await build({
    configFile: false,
    logLevel: 'error',
    ssr: { noExternal: true },
    build: {
      ssr: true,
      outDir: folder,
      target: 'node24',
      rolldownOptions: {
        input: CHILD_NAMES.map((name) => join(CHILDREN, `${name}.ts`)),
        output: { entryFileNames: '[name].mjs', chunkFileNames: '[name]-[hash].mjs' }
      }
    }
  })
}

async function report<T>(context: BenchContext, folder: string, name: ChildName, path: string): Promise<T> {
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, ['--expose-gc', join(folder, `${name}.mjs`), path], {
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: CHILD_DEADLINE_MS
    })
    context.atEnd(() => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
    })
    let text = ''
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
    child.once('error', failed)
    child.once('close', (code, signal) => {
      if (code === 0) done(JSON.parse(text) as T)
      else failed(new Error(`${name} ended with ${code ?? signal}`))
    })
  })
}

async function repeated(
  context: BenchContext,
  folder: string,
  name: ChildName,
  path: string,
  most = Infinity
) {
  const reports: ReadReport[] = []
  for (let run = 0; run < Math.min(most, context.number('runs')); run += 1) {
    reports.push(await report<ReadReport>(context, folder, name, path))
  }
  const median = (values: readonly number[]): number => round(percentile(values, 50), 1)
  return {
    ms: median(reports.map(({ ms }) => ms)),
    slowest_ms: round(Math.max(...reports.map(({ ms }) => ms)), 1),
    cpu_ms: median(reports.map(({ cpuMs }) => cpuMs)),
    rss_mib: round(Math.max(...reports.map(({ maxRssBytes }) => maxRssBytes)) / MIB, 1)
  }
}

function fill(folder: string, template: string): void {
  mkdirSync(folder)
  writeSparseGguf(template, modelWithTokens(FOLDER_TOKENS))
  for (let at = 0; at < MODELS; at += 1) linkSync(template, join(folder, `model-${at}-Q8_0.gguf`))
}

await runBench({
  name: 'gguf',
  options: [
    {
      name: 'runs',
      help: 'processes that read the large model, one after the other',
      defaultValue: 5,
      min: 1,
      max: 100
    }
  ],
  async measure(context) {
    const folder = mkdtempSync(join(tmpdir(), 'firebreak-bench-gguf-'))
    context.atEnd(() => rmSync(folder, { recursive: true, force: true }))
    const code = join(folder, 'code')
    await bundle(code)
    const large = join(folder, 'large.gguf')
    const { header, tensors, dataBytes } = writeLargeGguf(large)
    context.say(
      `${round(dataBytes / 1e9, 1)} GB, a header of ${round(header.length / 1e6, 1)} MB, ${tensors.length} tensors`
    )
    const own = await repeated(context, code, 'header-child', large)
    const theirs = await repeated(context, code, 'hugging-face-child', large, MOST_COMPARED)
    const nothing = await repeated(context, code, 'nothing-child', large)
    const models = join(folder, 'models')
    fill(models, join(folder, 'template.gguf'))
    context.say(`${MODELS} models in a folder`)
    const folderReport = await report<FolderReport>(context, code, 'folder-child', models)
    return {
      figures: {
        header_ms: own.ms,
        header_rss_mib: own.rss_mib,
        folder_1000_cached_ms: round(folderReport.cachedMs, 1),
        folder_1000_first_ms: round(folderReport.firstMs, 1),
        kept_kib_per_header: round(folderReport.keptBytes / MODELS / 1024, 2)
      },
      rows: [
        { read_with: 'firebreak', ...own },
        { read_with: '@huggingface/gguf', ...theirs },
        { read_with: 'nothing: the process alone', ...nothing }
      ]
    }
  }
})
