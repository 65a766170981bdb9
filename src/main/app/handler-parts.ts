import type { GpuSnapshot } from '../../shared/model/gpu.ts'
import type { ProcessInfo } from '../../shared/model/snapshot.ts'
import type { Live, MachineFacts } from '../../shared/model/status.ts'
import type { Estimates } from '../estimates/types.ts'
import type { RecentRing } from '../history/recent.ts'
import type { Jobs } from '../jobs/jobs.ts'
import type { ModelCatalog } from '../models/catalog.ts'
import type { Playbooks } from '../runners/playbooks/playbooks.ts'
import type { Discovery } from '../runners/discovery/types.ts'
import type { EngineContainers } from '../runners/containers/containers.ts'
import type { Runners } from '../runners/supervisor/types.ts'
import type { Training } from '../runners/training/follow.ts'
import type { SettingsStore } from '../settings/store.ts'
import type { AppPorts } from './app-ports.ts'
import type { Guarding } from './guarding.ts'
import type { Notices } from './notices.ts'
import type { OwnCost } from './own-cost.ts'

/** What the commands are made of. */
export interface HandlerParts {
  readonly ports: AppPorts
  readonly settings: SettingsStore
  readonly notices: Notices
  readonly recent: RecentRing
  readonly runners: Runners
  readonly training: Training
  readonly containers: EngineContainers
  /** Runners that others started. */
  readonly discovery: Discovery
  readonly playbooks: Playbooks
  /** Everything long: downloads, pulls, set-ups. */
  readonly jobs: Jobs
  readonly models: ModelCatalog
  readonly estimates: Estimates
  readonly guarding: Guarding
  readonly machineFacts: () => Promise<MachineFacts>
  readonly ownCost: OwnCost
  readonly gpu: () => GpuSnapshot
  /** Settings or a profile changed. */
  readonly lookAnew: () => void
  readonly processes: () => readonly ProcessInfo[]
  /** Names of our own processes by pid. */
  readonly roles: () => ReadonlyMap<number, string>
  /** null only while /proc cannot be read at all. */
  readonly live: () => Live | null
}
