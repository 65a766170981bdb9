import type { Link } from '../../../shared/contract/client.ts'
import type { Disposable } from '../../../shared/util/disposable.ts'

/**
 * connecting: first attempt. connected: usable. lost: was usable, being tried again. unreachable: nobody answers there.
 * refused: somebody answers and does not let us in, which needs the user.
 */
export type LinkState = 'connecting' | 'connected' | 'lost' | 'unreachable' | 'refused'

/** A Link that can tell how it is, so that the panel can say 'connection lost' instead of showing old numbers. */
export interface PanelLink extends Link {
  readonly state: LinkState
  onState(listener: (state: LinkState) => void): Disposable
}
