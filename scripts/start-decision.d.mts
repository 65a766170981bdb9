export interface Machine {
  readonly root: boolean
  readonly display: boolean
  readonly electron: 'installed' | 'missing'
  readonly namespacesRestricted: boolean
  readonly profileInstalled: boolean
  readonly browserWanted: boolean
}
export type Decision =
  | { readonly show: 'window' }
  | { readonly show: 'install-electron' }
  | { readonly show: 'browser'; readonly why: string }
export interface StartFlags {
  readonly hidden: boolean
  readonly browser: boolean
  readonly open: boolean
  readonly port: string | null
}

export const INSTALL_PROFILE: string
export function decideStart(machine: Machine): Decision
export function withoutElectron(): Decision
export function profileCovers(profile: string, program: string): boolean
export function readStartFlags(
  args: readonly string[]
): { readonly ok: true; readonly flags: StartFlags } | { readonly ok: false; readonly why: string }
