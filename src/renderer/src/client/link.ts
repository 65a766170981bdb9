import type { Link } from '../../../shared/contract/client.ts'
import type { Disposable } from '../../../shared/util/disposable.ts'

/** connecting: first attempt. connected: usable. lost: was usable, being tried again. refused: needs the user. */
export type LinkState = 'connecting' | 'connected' | 'lost' | 'refused'

/** A Link that can tell how it is, so that the panel can say 'connection lost' instead of showing old numbers. */
export interface PanelLink extends Link {
  readonly state: LinkState
  onState(listener: (state: LinkState) => void): Disposable
}
