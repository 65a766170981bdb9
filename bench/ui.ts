import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pause, round, runBench, type Row } from './harness.ts'
import { startBrowser, type Tab } from './ui/browser.ts'
import { startCore } from './ui/core.ts'
import { heapGrowth } from './ui/heap.ts'

// What the panel costs in a browser that runs nothing else: the built core, the Overview at 5 minutes, 1 Hz.

const OUT = process.env['FIREBREAK_BENCH_OUT'] ?? join(import.meta.dirname, '..', 'out')
const PAINTED_DEADLINE_MS = 30_000

/** Resolves with the time at which the frame with the first graph was handed over. */
const FIRST_GRAPH = `new Promise((done, failed) => {
  const deadline = performance.now() + ${PAINTED_DEADLINE_MS}
  const look = () => {
    const drawn = document.querySelector('.history-graph path[d], .history-graph canvas')
    if (drawn !== null) requestAnimationFrame(() => setTimeout(done))
    else if (performance.now() > deadline) failed(new Error('no graph: ' + document.body.innerText.slice(0, 200)))
    else requestAnimationFrame(look)
  }
  look()
})`

const WATCH_LONG_TASKS = `globalThis.benchLongTasks = 0
new PerformanceObserver((list) => { globalThis.benchLongTasks += list.getEntries().length })
  .observe({ type: 'longtask' })`

interface Metrics {
  readonly metrics: readonly { readonly name: string; readonly value: number }[]
}
const metric = ({ metrics }: Metrics, name: string): number =>
  metrics.find((one) => one.name === name)?.value ?? Number.NaN

interface LiveCost {
  readonly rendererPercent: number
  readonly gpuPercent: number
  readonly taskMsPerS: number
  readonly layoutsPerS: number
  readonly longTasks: number
}

async function liveCost(tab: Tab, seconds: number): Promise<LiveCost> {
  await tab.send('Performance.enable')
  await tab.evaluate(WATCH_LONG_TASKS)
  const startedMs = performance.now()
  const cpu = await tab.cpu()
  const metrics = await tab.send<Metrics>('Performance.getMetrics')
  await pause(seconds * 1_000)
  const cpuAfter = await tab.cpu()
  const metricsAfter = await tab.send<Metrics>('Performance.getMetrics')
  const elapsedS = (performance.now() - startedMs) / 1_000
  const perS = (name: string): number => (metric(metricsAfter, name) - metric(metrics, name)) / elapsedS
  return {
    rendererPercent: ((cpuAfter.rendererS - cpu.rendererS) / elapsedS) * 100,
    gpuPercent: ((cpuAfter.gpuS - cpu.gpuS) / elapsedS) * 100,
    taskMsPerS: perS('TaskDuration') * 1_000,
    layoutsPerS: perS('LayoutCount'),
    longTasks: await tab.evaluate<number>('globalThis.benchLongTasks')
  }
}

await runBench({
  name: 'ui',
  options: [
    { name: 'seconds', help: 'how long the live page is measured', defaultValue: 60, min: 5, max: 3600 },
    {
      name: 'settle',
      help: 'seconds before that, so that the graph is full',
      defaultValue: 300,
      min: 0,
      max: 3600
    },
    {
      name: 'minutes',
      help: 'made-up minutes for the heap (0: not measured)',
      defaultValue: 30,
      min: 0,
      max: 600
    }
  ],
  async measure(context) {
    const entry = join(OUT, 'main', 'headless.js')
    if (!existsSync(entry)) throw new Error(`${entry} is missing; run 'npm run build' first`)
    const browser = await startBrowser(context)
    const core = await startCore(context, entry)
    const tab = await browser.open(core.url)
    await tab.evaluate(FIRST_GRAPH)
    const firstGraphMs = performance.now() - core.startedMs
    context.say(`first graph after ${round(firstGraphMs, 0)} ms; filling the graph`)
    await pause(context.number('settle') * 1_000)
    context.say(`the live page over ${context.number('seconds')} s`)
    const live = await liveCost(tab, context.number('seconds'))
    await tab.close()
    const minutes = context.number('minutes')
    const heap = minutes === 0 ? null : await heapGrowth(context, browser, join(OUT, 'renderer'), minutes)
    const rows: Row[] = [
      { what: 'renderer, % of a core', value: round(live.rendererPercent, 2) },
      { what: 'GPU process, % of a core', value: round(live.gpuPercent, 2) },
      { what: 'main thread, ms per s', value: round(live.taskMsPerS, 1) },
      { what: 'layouts per s', value: round(live.layoutsPerS, 1) },
      ...(heap === null
        ? []
        : [
            { what: 'heap once warm, MiB', value: round(heap.beforeMib, 2) },
            { what: 'heap at the end, MiB', value: round(heap.afterMib, 2) }
          ])
    ]
    return {
      figures: {
        first_graph_ms: round(firstGraphMs, 0),
        browser_start_ms: round(browser.startMs, 0),
        live_core_percent: round(live.rendererPercent + live.gpuPercent, 2),
        long_tasks_over_50ms: live.longTasks,
        ...(heap === null
          ? {}
          : { heap_growth_percent_30min: round((heap.afterMib / heap.beforeMib - 1) * 100, 1) })
      },
      rows
    }
  }
})
