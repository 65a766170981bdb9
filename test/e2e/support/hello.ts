import { PROTOCOL_VERSION, type CommandName } from '../../../src/shared/contract/channels.ts'

/** A request as sound as can be: when it is refused, it is for who sent it. */
export const HELLO = { v: PROTOCOL_VERSION, id: 1, command: 'app.hello' satisfies CommandName, input: {} }
