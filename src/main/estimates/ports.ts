import type { RoomMaker } from '../../shared/domain/admission/ways-out.ts'
import type { EstimateMachine } from '../../shared/model/estimate.ts'
import type { Profile } from '../../shared/model/runner.ts'
import type { ModelOnDisk } from '../models/types.ts'
import type { Clock, Logger } from '../platform/ports.ts'
import type { FactsPort } from './facts.ts'
import type { StoreAccess } from './measured/store.ts'
import type { Planner } from './planner/planner.ts'

/** What estimates are made with, of this machine. */
export interface EstimatesPorts {
  readonly clock: Clock
  readonly logger: Logger
  /** Where what was measured is kept. */
  readonly storePath: string
  readonly storeAccess: StoreAccess
  /** What a launch would run; null: not known, or in a container. */
  readonly programOf: (profile: Profile) => Promise<string | null>
  readonly machine: () => EstimateMachine
  /** The driver's list of who holds GPU memory is there and fresh. */
  readonly isGpuKnown: () => boolean
  /** As its driver says it; null: there is none. */
  readonly gpuName: () => string | null
  readonly facts: FactsPort
  readonly findModels: () => Promise<readonly ModelOnDisk[]>
  /** Null: nobody asks llama.cpp. */
  readonly planner: Planner | null
  /** What a launch may take now; of that one nothing is counted against itself. */
  readonly allocatableBytes: (exceptId: string) => number
  /** What it could take with nothing else running. */
  readonly mostBytes: () => number
  /** What runs and might make room. */
  readonly runners: () => readonly RoomMaker[]
}
