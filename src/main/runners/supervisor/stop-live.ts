import type { ContractError } from '../../../shared/contract/errors.ts'
import type { StopResult } from '../../../shared/model/runner.ts'
import { bytesInWords } from '../../../shared/util/bytes-in-words.ts'
import { err, ok, type Result } from '../../../shared/util/result.ts'
import { endTree } from './end-tree.ts'
import { ownBytes, type LiveProcess } from './live-process.ts'
import {
  BACK_DEADLINE_MS,
  CONTAINER_BACK_DEADLINE_MS,
  describeStop,
  expectedBytes,
  waitForMemory
} from './memory-back.ts'
import { orderUnitStop, stopUnitCommand, type SystemdUnit } from './systemd-unit.ts'
import type { SupervisorPorts } from './types.ts'
import { othersInUnit } from './unit-members.ts'

/**
 * For the driver's figures before the first signal: one that is well answers in milliseconds, and the memory of one
 * that is not must not be held longer for the sake of the account.
 */
const FRESH_GPU_MS = 1_000

/**
 * Ends a runner: done when its processes are gone AND their memory is back, or the deadlines have passed. Fails
 * only when Firebreak itself ends meanwhile.
 */
export async function stopLive(options: {
  readonly label: string
  /** Null where there is no process: a runner that waits to be restarted. */
  readonly live: LiveProcess | null
  readonly ports: SupervisorPorts
  readonly graceMs: number
  readonly abort: AbortSignal
  readonly onPhase: (words: string) => void
}): Promise<Result<StopResult, ContractError>> {
  const { label, live, ports, graceMs, abort, onPhase } = options
  const { clock, machine } = ports
  const began = clock.monotonicMs()
  if (live === null) {
    const nothing = { bytesReturned: 0, bytesExpected: 0, seconds: 0, left: [], memoryIsBack: true }
    return ok(describeStop({ label, ...nothing }))
  }
  onPhase('Stopping: asking what it holds.')
  await machine.freshGpu(FRESH_GPU_MS)
  live.look(true)
  const gpuBytes = live.gpu.isKnown ? live.bytes.gpuBytes : live.gpu.peakBytes
  const bytesExpected = expectedBytes({ ...live.bytes, gpuBytes })
  const gpuReport = live.gpu.isKnown ? 'fresh' : gpuBytes > 0 ? 'earlier' : 'never'
  const unit = live.facts.adopted?.unit ?? null
  const kept = unit === null ? null : await stopUnit(unit, live, ports)
  onPhase('Stopping: waiting for its processes to end.')
  const beforeBytes = machine.availableBytes()
  await live.container?.stop(graceMs, abort)
  const report = await endTree({
    look: (thorough) => live.look(thorough),
    graceMs,
    clock,
    kill: process.kill,
    abort
  })
  const interrupted = err({
    code: 'disconnected',
    message: `Firebreak ended before the stop of ${label} was done.`
  } as const)
  if (!report.finished) return interrupted
  const left = report.left.map(({ pid, name }) => ({ pid, name, bytes: ownBytes(machine, pid) }))
  const stillHeld = left.reduce((sum, item) => sum + item.bytes, 0)
  if (left.length === 0) {
    // Its /dev/shm goes with it.
    await live.container?.remove()
    onPhase(`Stopping: its processes are gone, waiting for ${bytesInWords(bytesExpected)} to come back.`)
  }
  const back = await waitForMemory({
    machine,
    clock,
    beforeBytes,
    // What cannot come back is not waited for; the result still says what was expected.
    expectedBytes: Math.max(0, bytesExpected - stillHeld),
    abort,
    deadlineMs: live.container === null ? BACK_DEADLINE_MS : CONTAINER_BACK_DEADLINE_MS
  })
  if (abort.aborted) return interrupted
  const result = describeStop({
    label,
    bytesReturned: back.bytesReturned,
    bytesExpected,
    seconds: (clock.monotonicMs() - began) / 1000,
    left,
    memoryIsBack: back.memoryIsBack && left.length === 0,
    gpuReport
  })
  return ok(kept === null ? result : { ...result, text: `${result.text} ${kept}` })
}

/** What a signal alone does not keep away, in words; null where systemd was told. */
async function stopUnit(
  unit: SystemdUnit,
  live: LiveProcess,
  ports: SupervisorPorts
): Promise<string | null> {
  const others = othersInUnit(ports.places, unit, live.members)
  if (others.length > 0) {
    const who = others.length === 1 ? 'another process runs' : `${others.length} other processes run`
    return (
      `Only it was ended and not its unit ${unit.name}, in which ${who}; systemd may start it again. ` +
      `To stop all of the unit: ${stopUnitCommand(unit).join(' ')}`
    )
  }
  const refusal = await orderUnitStop(unit, process.env)
  return refusal === null
    ? null
    : `systemd could not be told to stop ${unit.name} (${refusal}) and may start it again. ` +
        `To keep it stopped: ${stopUnitCommand(unit).join(' ')}`
}
