import type { ContractError } from '../../shared/contract/errors.ts'
import type { Result } from '../../shared/util/result.ts'
import type { Clock, Logger, Places } from '../platform/ports.ts'

/** What a composition gives the core; nothing here knows Electron. */
export interface AppPorts {
  readonly places: Places
  readonly clock: Clock
  readonly logger: Logger
  readonly host: 'electron' | 'headless'
  readonly version: string
  /** Opens the web host over this app's endpoint; the composition owns it. */
  readonly openWeb: (
    port: number | undefined
  ) => Promise<Result<{ url: string; port: number }, ContractError>>
  /** Brings the panel to the front for 'Show why' in a notification; null where there is no window. */
  readonly openPanel: (() => void) | null
}
