import { z } from 'zod'
import { EVENT_NAMES, type CommandName, type PROTOCOL_VERSION } from './channels.ts'
import { contractErrorSchema, type ContractError } from './errors.ts'

/** A request on any wire. `id` is the client's; the reply carries it back. */
export const requestSchema = z.object({
  v: z.number(),
  id: z.int().nonnegative(),
  command: z.string().max(100),
  input: z.unknown()
})
export interface WireRequest {
  readonly v: typeof PROTOCOL_VERSION
  readonly id: number
  readonly command: CommandName
  readonly input: unknown
}

/** `id` is -1 where the request was too broken to have one. */
export const replySchema = z.discriminatedUnion('ok', [
  z.object({ v: z.number(), id: z.int(), ok: z.literal(true), value: z.unknown() }),
  z.object({ v: z.number(), id: z.int(), ok: z.literal(false), error: contractErrorSchema })
])
export type WireReply =
  | { readonly v: number; readonly id: number; readonly ok: true; readonly value?: unknown }
  | { readonly v: number; readonly id: number; readonly ok: false; readonly error: ContractError }

export const eventSchema = z.object({ v: z.number(), event: z.enum(EVENT_NAMES), payload: z.unknown() })
export interface WireEvent {
  readonly v: number
  readonly event: (typeof EVENT_NAMES)[number]
  readonly payload?: unknown
}

/** Largest request of a command that carries no file: settings and profiles are a few kB, so 256 KiB is ample. */
export const MAX_REQUEST_BYTES = 262_144
/** Largest of one that does: 4 Mi characters of a file (profiles.import), whose quotes and line ends JSON doubles. */
export const MAX_FILE_REQUEST_BYTES = 8_388_608 + MAX_REQUEST_BYTES
/** A download names each file of a repository. */
const FILE_COMMANDS: ReadonlySet<unknown> = new Set<CommandName>(['profiles.import', 'models.download'])

/** How many bytes a request may have on any wire, by the command it says; what is no request has the smaller room. */
export const requestLimit = (request: unknown): number =>
  typeof request === 'object' &&
  request !== null &&
  'command' in request &&
  FILE_COMMANDS.has(request.command)
    ? MAX_FILE_REQUEST_BYTES
    : MAX_REQUEST_BYTES
