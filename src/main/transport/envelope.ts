import { PROTOCOL_VERSION } from '../../shared/contract/channels.ts'
import type { ContractError } from '../../shared/contract/errors.ts'
import { requestSchema, type WireReply } from '../../shared/contract/wire.ts'
import { err, ok, type Result } from '../../shared/util/result.ts'

/** A request whose envelope is sound; the command's name and its input are not looked at yet. */
export interface Envelope {
  readonly id: number
  readonly command: string
  readonly input: unknown
}

/** The id of a reply to a request that was too broken to carry one. */
export const NO_ID = -1

/** Enough to find the mistake; a hostile message must not come back in full. */
const MAX_DETAIL_CHARS = 1_000
const MAX_ISSUES = 5

interface Issue {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

/** 'settings.port: too big; id: required': where and why, for people. */
export function describeIssues(issues: readonly Issue[]): string {
  const lines = issues.slice(0, MAX_ISSUES).map(({ path, message }) => {
    const where = path.map(String).join('.')
    return where === '' ? message : `${where}: ${message}`
  })
  if (issues.length > MAX_ISSUES) lines.push(`and ${issues.length - MAX_ISSUES} more`)
  return lines.join('; ').slice(0, MAX_DETAIL_CHARS)
}

export const failure = (id: number, error: ContractError): WireReply => ({
  v: PROTOCOL_VERSION,
  id,
  ok: false,
  error
})

export const success = (id: number, value: unknown): WireReply => ({
  v: PROTOCOL_VERSION,
  id,
  ok: true,
  value
})

function own(raw: unknown, key: string): unknown {
  if (typeof raw !== 'object' || raw === null || !Object.hasOwn(raw, key)) return undefined
  return Reflect.get(raw, key)
}

function idOf(raw: unknown): number {
  const id = own(raw, 'id')
  return Number.isSafeInteger(id) && (id as number) >= 0 ? (id as number) : NO_ID
}

/** The version is judged before the rest, so that a client of another one is told so, whatever its shape. */
export function openEnvelope(raw: unknown): Result<Envelope, WireReply> {
  const id = idOf(raw)
  const version = own(raw, 'v')
  if (typeof version === 'number' && version !== PROTOCOL_VERSION) {
    return err(
      failure(id, {
        code: 'protocol-mismatch',
        message: `this core speaks protocol ${PROTOCOL_VERSION}, the client ${version}: use the same version of both`
      })
    )
  }
  const parsed = requestSchema.safeParse({
    v: version,
    id: own(raw, 'id'),
    command: own(raw, 'command'),
    input: own(raw, 'input')
  })
  if (!parsed.success) {
    return err(
      failure(id, {
        code: 'bad-request',
        message: 'the message is not a request',
        detail: describeIssues(parsed.error.issues)
      })
    )
  }
  return ok({ id: parsed.data.id, command: parsed.data.command, input: parsed.data.input })
}
