import type { ContractError } from '../../../shared/contract/errors.ts'
import type { StopResult } from '../../../shared/model/runner.ts'
import { err, ok, type Result } from '../../../shared/util/result.ts'
import { sparedBelow } from '../supervisor/bystanders.ts'
import { endTree } from '../supervisor/end-tree.ts'
import { newMark } from '../supervisor/environment-mark.ts'
import { identityKey } from '../supervisor/identity.ts'
import { createLiveProcess, ownBytes, type LiveProcess } from '../supervisor/live-process.ts'
import { createLoadWatch } from '../supervisor/load-watch.ts'
import { describeStop, expectedBytes, waitForMemory } from '../supervisor/memory-back.ts'
import { stopLive } from '../supervisor/stop-live.ts'
import type { SupervisorPorts } from '../supervisor/types.ts'
import { processOf } from './found-process.ts'
import type { Sighting } from './look.ts'
import type { DiscoveryPorts } from './types.ts'

/** As for our own: one that is well answers in milliseconds, and memory is not held longer for the sake of the account. */
const FRESH_GPU_MS = 1_000

/**
 * Ends a found runner as our own are ended: its whole tree, each signal after a fresh look that matched pid and start
 * time, and then proof that the memory is back. A container is stopped by its engine first, which might start it again
 * otherwise. What is on the protected list is never signalled, even below a runner; neither are Firebreak's own runners
 * and those that are listed by themselves, which people start from a notebook.
 *
 * `all`: with the others of the same look.
 */
export async function stopFound(
  ports: DiscoveryPorts,
  sighting: Sighting,
  abort: AbortSignal,
  all: readonly Sighting[]
): Promise<Result<StopResult, ContractError>> {
  const { places, clock, settings } = ports
  const others = new Set(
    all.flatMap((one) => (one.root.pid === sighting.root.pid ? [] : one.members.map(identityKey)))
  )
  const isSpared = sparedBelow(ports, (one) => others.has(identityKey(one)) || ports.ownPids().has(one.pid))
  const seen: SupervisorPorts = { places, clock, settings, logger: ports.logger, machine: ports.machine }
  const { root, members, processGroupId, commandLine, startedAtMs, unit } = processOf(
    sighting,
    places.procRoot,
    clock.nowMs(),
    null
  )
  const live = createLiveProcess(
    seen,
    {
      root,
      members,
      processGroupId: processGroupId ?? root.pid,
      // No process carries it: the tree alone tells who belongs to it.
      mark: newMark('found', places.dataDir),
      scopeUnit: null,
      container: null,
      port: 0,
      url: '',
      modelBytes: null,
      startedAtMs,
      commandLine,
      adopted: { unit }
    },
    {
      child: null,
      container: null,
      loadWatch: createLoadWatch(clock.monotonicMs()),
      logStart: 0,
      readyAtMs: null,
      isSpared
    }
  )
  const graceMs = settings().llamacpp.stopTimeoutS * 1_000
  const { containerId } = sighting.origin
  return containerId === null || ports.containers === null
    ? stopLive({ label: sighting.found.label, live, ports: seen, graceMs, abort, onPhase: () => undefined })
    : stopContainer(ports, { label: sighting.found.label, containerId, live, graceMs, abort })
}

async function stopContainer(
  { machine, clock, containers }: DiscoveryPorts,
  options: {
    readonly label: string
    readonly containerId: string
    readonly live: LiveProcess
    readonly graceMs: number
    readonly abort: AbortSignal
  }
): Promise<Result<StopResult, ContractError>> {
  const { label, containerId, live, graceMs, abort } = options
  const began = clock.monotonicMs()
  await machine.freshGpu(FRESH_GPU_MS)
  live.look(true)
  const bytesExpected = expectedBytes(live.bytes)
  const gpuReport = live.gpu.isKnown ? 'fresh' : live.bytes.gpuBytes > 0 ? 'earlier' : 'never'
  const beforeBytes = machine.availableBytes()
  const refusal = (await containers?.stop(containerId, graceMs, abort)) ?? null
  if (refusal !== null) return err({ code: 'runner-failed', message: `${label} was not stopped: ${refusal}` })
  const report = await endTree({
    look: (thorough) => live.look(thorough),
    graceMs,
    clock,
    kill: process.kill,
    abort
  })
  const left = report.left.map(({ pid, name }) => ({ pid, name, bytes: ownBytes(machine, pid) }))
  const stillHeld = left.reduce((sum, item) => sum + item.bytes, 0)
  const back = await waitForMemory({
    machine,
    clock,
    beforeBytes,
    expectedBytes: Math.max(0, bytesExpected - stillHeld),
    abort
  })
  if (abort.aborted) {
    const message = `Firebreak ended before the stop of ${label} was done.`
    return err({ code: 'disconnected', message })
  }
  const seconds = (clock.monotonicMs() - began) / 1_000
  const memoryIsBack = back.memoryIsBack && left.length === 0
  const { bytesReturned } = back
  return ok(describeStop({ label, bytesReturned, bytesExpected, seconds, left, memoryIsBack, gpuReport }))
}
