import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { COMMAND_NAMES, EVENT_NAMES } from '../../src/shared/contract/channels.ts'
import { COMMANDS, EVENTS } from '../../src/shared/contract/commands.ts'
import { eventSchema, MAX_REQUEST_BYTES, replySchema } from '../../src/shared/contract/wire.ts'
import { createFakeCore, VALID_EVENTS, VALID_INPUTS } from '../support/fake-core.ts'
import { replyOf, WIRES, type OpenWire, type RawClient } from '../support/wires.ts'

const handled = COMMAND_NAMES.filter(
  (name) => name !== 'events.subscribe' && name !== 'events.unsubscribe'
) as readonly (keyof typeof VALID_INPUTS)[]

describe.each(Object.keys(WIRES))('the contract over %s', (wireName) => {
  const core = createFakeCore()
  let wire: OpenWire
  let client: RawClient
  let id = 0
  const ask = async (message: object): Promise<Record<string, unknown>> => {
    id += 1
    client.send(JSON.stringify({ v: 1, id, ...message }))
    return replyOf(client, id)
  }

  beforeAll(async () => {
    const open = WIRES[wireName]
    if (open === undefined) throw new Error(wireName)
    wire = await open(core.endpoint)
    client = await wire.connect()
  })
  afterAll(async () => {
    await client.close()
    await wire.close()
    expect(core.listenerCount()).toBe(0)
    expect(core.logger.errors).toEqual([])
  })

  it.each(handled)('%s is answered as the contract says', async (command) => {
    const reply = replySchema.parse(await ask({ command, input: VALID_INPUTS[command] }))
    expect(reply).toMatchObject({ v: 1, id, ok: true })
    if (reply.ok) COMMANDS[command].output.parse(reply.value)
  })

  it('carries a file as large as the contract allows, its quotes and line ends too', async () => {
    const text = '"\n'.repeat(2_097_152)
    expect(COMMANDS['profiles.import'].input.safeParse({ text }).success).toBe(true)
    expect(await ask({ command: 'profiles.import', input: { text } })).toMatchObject({ ok: true })
    const files = Array.from({ length: 2_000 }, (_, at) => `${at}`.padEnd(500, 'f'))
    const source = { repository: 'o/n', files, sizeBytes: 1, gated: false }
    expect(await ask({ command: 'models.download', input: { source } })).toMatchObject({ ok: true })
  })

  it('takes no large message for another command', async () => {
    const target = 'x'.repeat(MAX_REQUEST_BYTES)
    const code = wireName === 'in-process' ? 'bad-request' : 'payload-too-large'
    expect(await ask({ command: 'runners.start', input: { target } })).toMatchObject({
      ok: false,
      error: { code }
    })
    expect(await ask({ command: 'app.hello', input: {} })).toMatchObject({ ok: true })
  })

  it.each(COMMAND_NAMES)('%s refuses input that is none', async (command) => {
    for (const input of [undefined, null, 7, 'text', [], { surprise: true }, { id: '../../etc' }]) {
      const reply = replySchema.parse(await ask({ command, input }))
      if (reply.ok) continue
      expect(reply.error.code).toBe('bad-request')
      expect(reply.error.detail).toBeTruthy()
    }
    // No command takes an array, whatever else it takes.
    expect(await ask({ command, input: [] })).toMatchObject({ ok: false })
  })

  it.each(EVENT_NAMES)('event %s reaches who asked for it and nobody else', async (event) => {
    const stranger = await wire.connect()
    await ask({ command: 'events.subscribe', input: { events: [event, event] } })
    core.emit(event, VALID_EVENTS[event] as never)
    const message = await vi.waitFor(() => {
      const found = client.received.filter((one) => one['event'] === event)
      expect(found).toHaveLength(1)
      return found[0]
    })
    const envelope = eventSchema.parse(message)
    EVENTS[event].parse(envelope.payload)
    await ask({ command: 'events.unsubscribe', input: { events: [event] } })
    core.emit(event, VALID_EVENTS[event] as never)
    await ask({ command: 'app.hello', input: {} })
    expect(client.received.filter((one) => one['event'] === event)).toHaveLength(1)
    expect(stranger.received).toEqual([])
    await stranger.close()
  })

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', ''])(
    "'%s' is no command",
    async (command) => {
      expect(await ask({ command, input: {} })).toMatchObject({
        ok: false,
        error: { code: 'unknown-command' }
      })
    }
  )

  it('answers another version with what to do, whatever else the message holds', async () => {
    id += 1
    client.send(JSON.stringify({ v: 2, id, method: 'new', params: [] }))
    expect(await replyOf(client, id)).toMatchObject({ ok: false, error: { code: 'protocol-mismatch' } })
  })

  it('answers a message without an id, and one that is not JSON', async () => {
    for (const text of [
      '{"v":1}',
      'hello',
      '{"v":1,"id":-4,"command":"app.hello","input":{}}',
      '[]',
      '"x"'
    ]) {
      client.received.length = 0
      client.send(text)
      expect(await replyOf(client, -1)).toMatchObject({ ok: false, error: { code: 'bad-request' } })
    }
  })

  it('answers whatever is thrown at it, with the id it came with, and lives on', async () => {
    const message = fc.record({
      v: fc.oneof({ weight: 5, arbitrary: fc.constant(1) }, fc.jsonValue()),
      command: fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...COMMAND_NAMES) }, fc.string()),
      input: fc.jsonValue()
    })
    await fc.assert(
      fc.asyncProperty(message, async (garbage) => {
        const reply = replySchema.parse(await ask(garbage))
        expect(reply.id).toBe(id)
      }),
      { numRuns: 150 }
    )
    expect(await ask({ command: 'app.hello', input: {} })).toMatchObject({ ok: true })
  })
})
