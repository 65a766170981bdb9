import type { ContractError } from '../../../shared/contract/errors.ts'
import type { ContainerSettings, FoundRunner, RunnerKind, StopResult } from '../../../shared/model/runner.ts'
import type { Disposable } from '../../../shared/util/disposable.ts'
import type { Result } from '../../../shared/util/result.ts'
import type { Clock, Logger, Places } from '../../platform/ports.ts'
import type { RunnerAdapter } from '../supervisor/adapter.ts'
import type { ContainerRecord } from '../supervisor/container-port.ts'
import type { ProcessIdentity } from '../supervisor/identity.ts'
import type { FoundProcess, MachineView, ProfileDraft, SupervisorPorts } from '../supervisor/types.ts'

/** What the engine knows of containers that Firebreak did not start; null everywhere where there is no engine. */
export interface FoundContainers {
  /** The container's name for people. */
  name(containerId: string): Promise<string | null>
  /** The port of this machine that leads to `port` inside. */
  hostPort(containerId: string, port: number): Promise<number | null>
  /** Asks the engine to stop it, and waits until it has; why it did not, in words, or null. */
  stop(containerId: string, graceMs: number, abort: AbortSignal): Promise<string | null>
  /** How to reach it later, and how another like it would be made; null where no engine knows it. */
  describe(
    containerId: string
  ): Promise<{ readonly record: ContainerRecord; readonly settings: ContainerSettings } | null>
}

export interface DiscoveryPorts {
  readonly places: Places
  readonly clock: Clock
  readonly logger: Logger
  readonly machine: MachineView
  readonly settings: SupervisorPorts['settings']
  readonly adapters: Readonly<Record<RunnerKind, Pick<RunnerAdapter, 'recognise' | 'defaultPort'>>>
  /** Processes that are not to be found: those of Firebreak's own runners, and Firebreak itself. */
  readonly ownPids: () => ReadonlySet<number>
  /** Runners of ours that are being started, run, or are being stopped. */
  readonly activeIds: () => ReadonlySet<string>
  /** Null: no engine to ask. */
  readonly containers: FoundContainers | null
}

/** Runners that Firebreak did not start. */
export interface Discovery extends Disposable {
  /** All that run now; a look is at most two seconds old. */
  list(): Promise<readonly FoundRunner[]>
  /** What it takes to supervise one as Firebreak's own; looks anew. */
  adoptable(
    identity: ProcessIdentity
  ): Promise<Result<{ readonly process: FoundProcess; readonly draft: ProfileDraft }, ContractError>>
  /** What was seen is no longer so: the next to ask gets a new look. */
  forget(): void
  /** Ends one with all that belongs to it; settles when its memory is back, or the deadlines have passed. */
  stop(identity: ProcessIdentity): Promise<Result<StopResult, ContractError>>
}
