import { readFileSync } from 'node:fs'
import { createAdmission } from '../../src/main/runners/admission/admission.ts'
import type { Admission } from '../../src/main/runners/admission/types.ts'
import { systemClock } from '../../src/main/platform/system.ts'
import type { Runners } from '../../src/main/runners/supervisor/types.ts'
import type { Estimate } from '../../src/shared/model/estimate.ts'
import { isAlive } from '../../src/main/runners/supervisor/identity.ts'
import { quietLogger } from './fake-core.ts'
import { makeRunnerHome, type RunnerHome } from './runner-home.ts'

const MIB = 1_048_576
/** Of a Node process beside what it was told to take. */
const PROGRAM_BYTES = 64 * MIB

/** What one eater takes. */
export const EATER_BYTES = 128 * MIB
/** What it is estimated at: with its program. */
export const EATER_ESTIMATE_BYTES = EATER_BYTES + PROGRAM_BYTES
/** Room for one and a half. */
export const ROOM_BYTES = Math.round(EATER_ESTIMATE_BYTES * 1.5)

/** A machine that is as large as a test says, with real processes that really take its memory. */
export interface SmallMachine {
  readonly home: RunnerHome
  readonly runners: Runners
  readonly admission: Admission
  /** Those that take memory, running now. */
  eaters(): readonly { readonly pid: number; readonly bytes: number }[]
  /** Memory that somebody else takes. */
  othersBytes: number
  /** What each is estimated at. */
  estimateBytes: number
  /** Why the guard lets nothing be launched; null: it does. */
  hold: string | null
  /** What is asked before each estimate is given. */
  beforeEstimate: (id: string) => Promise<void>
  /** Nothing of it runs on, also where a test has failed half way. */
  remove(): void
}

/** `ready`: whether an eater listens, and says that it is ready; asked for /crash, it ends. */
export function makeSmallMachine(options: { readonly ready: boolean }): SmallMachine {
  const home = makeRunnerHome()
  // Without a port of its own where nobody asks it: any other program may take that between the check and the start.
  const listen = `require('node:http').createServer((request, response) => {
  if (request.url === '/crash') process.exit(3)
  response.end(JSON.stringify({ content: ' a', tokens_predicted: 1 }))
}).listen(Number(process.argv[process.argv.indexOf('--port') + 1]), '127.0.0.1')`
  const server = `#!${process.execPath}
const held = Buffer.alloc(${EATER_BYTES}, 1)
setInterval(() => held.length, 60_000)
${options.ready ? listen : ''}
`
  const binary = home.script('eater', server)
  const machine: SmallMachine = {
    home,
    othersBytes: 0,
    hold: null,
    estimateBytes: EATER_ESTIMATE_BYTES,
    beforeEstimate: async () => undefined,
    remove() {
      for (const { pid } of machine.eaters()) process.kill(pid, 'SIGKILL')
      machine.admission.dispose()
      home.remove()
    },
    eaters: () =>
      home.machine
        .processes()
        .filter((one) => one.parentPid === process.pid && isAlive(one))
        .filter(({ pid }) => commandLineOf(pid).includes(binary))
        .map(({ pid }) => ({ pid, bytes: home.machine.hostBytes(pid)?.anonAndShmemBytes ?? 0 })),
    admission: createAdmission({
      clock: systemClock,
      logger: quietLogger(),
      availableBytes,
      reserveBytes: () => 0,
      memTotalBytes: () => ROOM_BYTES,
      async estimate({ id }) {
        await machine.beforeEstimate(id)
        return { estimate: estimateOf(machine.estimateBytes) }
      },
      isDiscrete: () => false,
      isGpuKnown: () => true,
      profileOf: (id) => machine.runners.running(id),
      hold: () => machine.hold
    }),
    get runners() {
      return runners
    }
  }
  function availableBytes(): number {
    const eaten = machine.eaters().reduce((sum, { bytes }) => sum + bytes, 0)
    return Math.max(1, ROOM_BYTES - machine.othersBytes - eaten)
  }
  const runners = home.openRunners(
    { binary, stopTimeoutS: 1 },
    { availableBytes },
    { admission: machine.admission, launchHold: () => machine.hold }
  )
  return machine
}

function commandLineOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

const estimateOf = (bytes: number): Estimate => ({
  parts: [],
  total: { lowBytes: bytes, expectedBytes: bytes, peakBytes: bytes },
  growthBytes: 0,
  source: 'formula',
  confidence: 'good',
  notes: [],
  bytesPerContextToken: null,
  activeWeightBytes: null
})
