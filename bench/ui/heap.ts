import { serveFakeCore } from '../../test/support/fake-core/server.ts'
import { pause, type BenchContext } from '../harness.ts'
import type { Browser, Tab } from './browser.ts'

/** Ten made-up seconds in one: the page still draws every tick that it would draw. */
const TICK_MS = 100
const SECONDS_PER_MINUTE = 60

/** Code has been compiled and every list has its length by then, in made-up minutes. */
const WARM_MINUTES = 5

const MIB = 1024 * 1024

/** A tick under way holds some MiB for a moment: the least of some readings is what stays. */
const READINGS = 10
const BETWEEN_READINGS_MS = 333

async function heapMib(tab: Tab): Promise<number> {
  let least = Number.POSITIVE_INFINITY
  for (let at = 0; at < READINGS; at += 1) {
    await pause(BETWEEN_READINGS_MS)
    // Twice: what a finalizer lets go is free only after the second.
    await tab.send('HeapProfiler.collectGarbage')
    await tab.send('HeapProfiler.collectGarbage')
    const { usedSize } = await tab.send<{ usedSize: number }>('Runtime.getHeapUsage')
    least = Math.min(least, usedSize / MIB)
  }
  return least
}

export interface HeapGrowth {
  readonly beforeMib: number
  readonly afterMib: number
}

/** The page's heap before and after `minutes` of a made-up machine whose figures all move. */
export async function heapGrowth(
  context: BenchContext,
  browser: Browser,
  rendererDir: string,
  minutes: number
): Promise<HeapGrowth> {
  const server = await serveFakeCore(rendererDir, 0, TICK_MS)
  context.atEnd(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the made-up core has no port')
  const tab = await browser.open(`http://127.0.0.1:${address.port}/#token=many`)
  const minuteMs = SECONDS_PER_MINUTE * TICK_MS
  context.say(`heap over ${minutes} made-up minutes`)
  await pause(WARM_MINUTES * minuteMs)
  const beforeMib = await heapMib(tab)
  await pause(minutes * minuteMs)
  const afterMib = await heapMib(tab)
  await tab.close()
  server.closeAllConnections()
  await new Promise((closed) => server.close(closed))
  return { beforeMib, afterMib }
}
