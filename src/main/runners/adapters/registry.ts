import type { RunnerKind } from '../../../shared/model/runner.ts'
import type { RunnerAdapter } from '../supervisor/adapter.ts'
import { llamaCppAdapter } from './llamacpp/adapter.ts'

/** Every kind of runner; a kind without an adapter does not compile. */
export const ADAPTERS = {
  llamacpp: llamaCppAdapter
} as const satisfies Record<RunnerKind, RunnerAdapter>
