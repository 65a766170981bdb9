import type { ContractError } from '../../../shared/contract/errors.ts'
import type {
  FieldSettings,
  Installation,
  Profile,
  TrainingProgress,
  RunnerKind,
  RunnerView,
  StopResult
} from '../../../shared/model/runner.ts'
import type { GuardEvent } from '../../../shared/model/guard.ts'
import type { Reading } from '../../../shared/model/reading.ts'
import type { ProcessInfo } from '../../../shared/model/snapshot.ts'
import type { Settings } from '../../../shared/settings/schema.ts'
import type { Disposable } from '../../../shared/util/disposable.ts'
import type { Result } from '../../../shared/util/result.ts'
import type { Clock, Logger, Places } from '../../platform/ports.ts'
import type { AdmissionPort, StartWish } from './admission-port.ts'
import type { ProcessIdentity } from './identity.ts'
import type { SystemdUnit } from './systemd-unit.ts'
import type { ContainerRecord, Containers } from './container-port.ts'

/** What the supervisor must see of the machine, read fresh at each call. */
export interface MachineView {
  /** Every process with pid, parent, group, start time, name; cheap (stat only). */
  processes(): readonly ProcessInfo[]
  /** RssAnon + RssShmem, and mapped file bytes, from /proc/PID/status; null when the process is gone. */
  hostBytes(pid: number): { readonly anonAndShmemBytes: number; readonly fileBytes: number } | null
  /** GPU bytes that come out of system memory (0 on a discrete GPU); 'unknown' without a fresh figure. */
  gpuBytes(pid: number): Reading
  /** Asks the driver out of turn; true once it has answered, or where it need not, false after `timeoutMs`. */
  freshGpu(timeoutMs: number): Promise<boolean>
  /** MemAvailable + free pages in per-CPU lists. */
  availableBytes(): number
}

/** What training jobs say in their logs, which somebody else reads. */
export interface TrainingPort {
  /** Null while its log has told nothing of training. */
  progress(id: string): TrainingProgress | null
  /** Why its training is broken though it runs, in words; null: nothing says so. */
  trouble(id: string): string | null
}

export interface SupervisorPorts {
  readonly places: Places
  readonly clock: Clock
  readonly logger: Logger
  readonly machine: MachineView
  readonly settings: () => Settings
  /** Why nothing may be launched now, in words; null: it may. Absent: always. */
  readonly launchHold?: () => string | null
  /** Absent: nobody counts what launches take, and none waits or is refused for it. */
  readonly admission?: AdmissionPort
  /** Absent: what needs a container is not started. */
  readonly containers?: Containers
  /** Absent: nobody reads them. */
  readonly training?: TrainingPort
  /**
   * Whether a process that was started below a runner of that kind is listed as a runner by itself, which people
   * start from a notebook: it is asked of those that were taken over alone. Absent: none is.
   */
  readonly isListedByItself?: (kind: RunnerKind, pid: number) => boolean
}

/** A runner that runs and that somebody else started. */
export interface FoundProcess {
  readonly root: ProcessIdentity
  /** All that belongs to it. */
  readonly members: readonly ProcessIdentity[]
  /** Null where its process group holds other programs, too: a script, a pipeline. */
  readonly processGroupId: number | null
  readonly port: number | null
  readonly url: string | null
  /** Secrets redacted. */
  readonly commandLine: readonly string[]
  readonly startedAtMs: number
  /** Where systemd would start it again. */
  readonly unit: SystemdUnit | null
  /** Its container, where its engine can be asked; null: a program of this machine. */
  readonly container: ContainerRecord | null
}

/** A profile that has no id yet. */
export type ProfileDraft = Profile extends infer P ? (P extends Profile ? Omit<P, 'id'> : never) : never

/** Text of a log and the bytes it stands for. */
export interface LogPiece {
  readonly text: string
  readonly fromOffset: number
  readonly nextOffset: number
}

/** A problem found on the way, in words (a profile file that cannot be read and was kept aside). */
export interface RunnerNotice {
  readonly text: string
  readonly whatToDo: string | null
  /** It tells of this runner's launch: of use until its next one, or its end. */
  readonly runnerId?: string
}

export interface LogChunk extends LogPiece {
  readonly id: string
}

export interface StartOptions extends Partial<StartWish> {
  /** What is to run a model that has no profile yet; llama.cpp where nothing is said. */
  readonly kind?: RunnerKind | undefined
}

/** All runners: profiles on disk and the processes that belong to them. */
export interface Runners extends Disposable {
  /**
   * Takes back what an earlier core left running (pid + start time match); call once before the rest. Nobody can
   * start a second copy from when the call returns; the promise settles when all were asked and cleaned up.
   */
  adoptLeftRunning(): Promise<readonly RunnerView[]>
  list(): readonly RunnerView[]
  start(
    target: string,
    settings: FieldSettings | undefined,
    options?: StartOptions
  ): Promise<Result<RunnerView, ContractError>>
  /**
   * Supervises from now on what somebody else started, as if it had been started here; its profile is saved. Fails
   * where it has ended meanwhile, or is a runner of ours already.
   */
  adoptFound(found: FoundProcess, draft: ProfileDraft): Promise<Result<RunnerView, ContractError>>
  stop(id: string): Promise<Result<StopResult, ContractError>>
  /** Asks a ready runner to give memory back without ending; says what came back. */
  free(id: string): Promise<Result<StopResult, ContractError>>
  /** One of the models inside a runner that holds several; settles when it is loaded. */
  loadModel(id: string, model: string): Promise<Result<void, ContractError>>
  unloadModel(id: string, model: string): Promise<Result<void, ContractError>>
  readLog(id: string, offset: number | null, maxBytes: number): Promise<Result<LogPiece, ContractError>>
  /** Saved ones, and those of new models that only wait to be launched. */
  profiles(): readonly Profile[]
  /** As it was launched where it runs, whatever its profile says since; null: there is no runner of that id. */
  running(id: string): Profile | null
  saveProfile(profile: Profile): Promise<Result<Profile, ContractError>>
  removeProfile(id: string): Promise<Result<void, ContractError>>
  /** For each kind the program that would be launched, or what to do where there is none. */
  installed(): Promise<readonly Installation[]>
  /** True while some runner starts or loads: the sampler then goes faster. */
  isLoading(): boolean
  /** Live pids by runner, for the ledger. */
  holders(): readonly { readonly id: string; readonly label: string; readonly pids: readonly number[] }[]
  /** The guard did something to a runner: its end is then no crash, and its words say who ended it. */
  noteGuardEvent(id: string, kind: GuardEvent['kind']): void
  onChange(listener: (view: RunnerView) => void): Disposable
  onRemoved(listener: (id: string) => void): Disposable
  /** Logs are read only while somebody listens. */
  onLog(listener: (chunk: LogChunk) => void): Disposable
  onNotice(listener: (notice: RunnerNotice) => void): Disposable
}
