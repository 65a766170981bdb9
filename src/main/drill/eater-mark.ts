import { randomUUID } from 'node:crypto'

/** As runners carry it, so that nothing takes the drill's process for somebody else's. */
export const MARK_VARIABLE = 'FIREBREAK_RUNNER'

/** No profile's id has a slash, so that no runner can be mistaken for it. */
export const newDrillMark = (): string => `built-in/drill:${randomUUID()}`
