import type { CommandOutput } from '../../shared/contract/commands.ts'
import type { ContractError } from '../../shared/contract/errors.ts'
import { bytesInWords } from '../../shared/util/bytes-in-words.ts'
import { err, ok, type Result } from '../../shared/util/result.ts'
import type { Command, Context, Core } from '../command.ts'

/** What a terminal shows of the past. */
const TAIL_BYTES = 65_536
/** The contract's largest piece. */
const PIECE_BYTES = 262_144

export const logs: Command = {
  name: 'logs',
  about: "the end of a runner's log",
  positionals: [{ name: 'ID', about: "a runner's id, as 'firebreakctl runners' lists them" }],
  options: { follow: { type: 'boolean', short: 'f', about: 'go on until Ctrl-C' } },
  example: 'firebreakctl logs qwen3-8b -f',
  async run(context) {
    const { values, positionals, json, connect } = context
    const id = positionals[0] ?? ''
    const follow = values.flag('follow')
    if (follow && json) {
      return err({
        code: 'bad-request',
        message: '--json gives one document, -f never ends: use one of them'
      })
    }
    const core = await connect()
    if (!core.ok) return core
    if (follow) {
      const ended = await followLog(core.value, id, context)
      return ended === null ? ok({}) : err(ended)
    }
    const log = await core.value.client.call('runners.log', { id, offset: null, maxBytes: TAIL_BYTES })
    return log.ok ? ok({ document: { id, ...log.value }, text: log.value.text }) : log
  }
}

/** What was rotated away before it could be read is named, not passed over. */
function gapBefore(fromOffset: number, wanted: number | null): string {
  if (wanted === null || fromOffset <= wanted) return ''
  return `\n… ${bytesInWords(fromOffset - wanted)} left out: written faster than read …\n`
}

/** Events only say that there is more; the text is read from its offset, so nothing is lost or told twice. */
async function followLog(
  core: Core,
  id: string,
  { write, signal }: Pick<Context, 'write' | 'signal'>
): Promise<ContractError | null> {
  const { client } = core
  let lost = false
  let wake: () => void = () => undefined
  let more = false
  const stir = (): void => {
    more = true
    wake()
  }
  client.on('log', (piece) => {
    if (piece.id === id) stir()
  })
  core.onClose(() => {
    lost = true
    stir()
  })
  signal.addEventListener('abort', stir, { once: true })
  const subscribed = await client.call('events.subscribe', { events: ['log'] })
  if (!subscribed.ok) return subscribed.error
  let offset: number | null = null
  for (;;) {
    if (signal.aborted) return null
    if (lost) return { code: 'disconnected', message: `Firebreak ended; ${id} goes on without it` }
    more = false
    const piece: Result<CommandOutput<'runners.log'>, ContractError> = await client.call('runners.log', {
      id,
      offset,
      maxBytes: offset === null ? TAIL_BYTES : PIECE_BYTES
    })
    if (!piece.ok) return signal.aborted ? null : piece.error
    if (piece.value.text !== '') write(gapBefore(piece.value.fromOffset, offset) + piece.value.text)
    const grew = piece.value.nextOffset !== offset
    offset = piece.value.nextOffset
    if (!grew && !more) {
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  }
}
