import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startRunner } from '../../src/main/app/start-runner.ts'
import { PROTOCOL_VERSION } from '../../src/shared/contract/channels.ts'
import type { WireReply } from '../../src/shared/contract/wire.ts'
import { ok } from '../../src/shared/util/result.ts'
import { useCliBench } from '../support/cli-bench.ts'
import { sampleProfile } from '../support/fake-core.ts'
import { makeGguf } from '../support/make-gguf.ts'
import { EATER_BYTES, makeSmallMachine, type SmallMachine } from '../support/small-machine.ts'
import { until } from '../support/until.ts'

const ROUNDS = 100
/** Of the panel's model, and of the file that the command line starts: the file has no profile. */
const PANEL = 'panel-model'
const FILE = 'file-model'

const { cli, withCore } = useCliBench()
let small: SmallMachine
let model: string

beforeAll(async () => {
  small = makeSmallMachine({ ready: false })
  model = makeGguf(join(small.home.dir, `${FILE}.gguf`))
  const profile = {
    ...sampleProfile(PANEL),
    label: PANEL,
    modelPath: makeGguf(join(small.home.dir, 'p.gguf'))
  }
  const saved = await small.runners.saveProfile(profile)
  if (!saved.ok) throw new Error(saved.error.message)
})
afterAll(() => {
  small.remove()
})

/** Lets both be asked for, then decides in the given order, with nothing between them. */
function decideInOrder(order: readonly string[]): void {
  const waiting = new Map<string, () => void>()
  small.beforeEstimate = (id) => {
    const { promise, resolve } = Promise.withResolvers<void>()
    waiting.set(id, resolve)
    // Once the last one waits, too.
    if (waiting.size === order.length) setImmediate(() => order.forEach((one) => waiting.get(one)?.()))
    return promise
  }
}

const filesOf = (id: string): readonly string[] =>
  ['config', 'data', 'run']
    .flatMap((folder) =>
      readdirSync(join(small.home.dir, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
        join(folder, name)
      )
    )
    .filter((path) => path.includes(id))

const listeners = (): number =>
  process.getActiveResourcesInfo().filter((name) => name === 'TCPServerWrap').length

test(`two launches from the panel and the command line, ${ROUNDS} times: one gets the memory, of the other nothing is left`, async () => {
  const { dir, core } = await withCore({
    'runners.start': (input) =>
      startRunner(
        {
          runners: small.runners,
          playbooks: { lacksModel: () => false, withModel: async () => ok(sampleProfile(PANEL)) } as never,
          settings: {} as never,
          live: () => null,
          lookAnew: () => undefined
        },
        input
      )
  })
  const panel = core.endpoint.connect(() => undefined)
  const listening = listeners()
  const wins = { [PANEL]: 0, [FILE]: 0 }
  for (let round = 0; round < ROUNDS; round += 1) {
    const [first, second] = round % 2 === 0 ? [PANEL, FILE] : [FILE, PANEL]
    decideInOrder([first, second])
    const byPanel = panel.request({
      v: PROTOCOL_VERSION,
      id: round,
      command: 'runners.start',
      input: { target: PANEL }
    })
    const byCommandLine = cli(dir, 'start', model, '--json')
    const [reply, ran]: [WireReply, Awaited<typeof byCommandLine>] = await Promise.all([
      byPanel,
      byCommandLine
    ])

    // Who was decided first has it, whoever that was; the other is told how much it is short.
    expect(reply.ok, `round ${round}: ${JSON.stringify(reply)}`).toBe(first === PANEL)
    expect(ran.exit, `round ${round}: ${ran.stderr}`).toBe(first === FILE ? 0 : 3)
    if (!reply.ok) expect(reply.error).toMatchObject({ code: 'does-not-fit' })
    expect(reply.ok ? ran.stderr : JSON.stringify(reply)).toContain('short')
    wins[first === PANEL ? PANEL : FILE] += 1

    const eater = await until('the memory is taken', () => {
      const running = small.eaters()
      expect(running.length, `round ${round}`).toBeLessThanOrEqual(1)
      return running.find(({ bytes }) => bytes >= EATER_BYTES)
    })
    const loser = second
    const winner = await until('the winner is seen', () => {
      const view = small.runners.list().find(({ id }) => id === first)
      if (view?.state === 'failed') throw new Error(view.text)
      return view !== undefined && view.pids.length > 0 && view
    })
    expect(winner.pids).toEqual([eater.pid])
    // Nothing of the other: no process, no port, no promise, no log, no record, no profile of a bare file.
    expect(small.admission.status().reservations.map(({ runnerId }) => runnerId)).toEqual([first])
    expect(small.admission.status().waiting).toEqual([])
    expect(small.runners.holders().map(({ id }) => id)).toEqual([first])
    expect(listeners()).toBe(listening)
    const left = filesOf(loser)
    expect(left).toEqual(loser === PANEL ? [join('config', 'profiles', `${PANEL}.json`)] : [])
    const view = small.runners.list().find(({ id }) => id === loser)
    if (loser === FILE) expect(view).toBeUndefined()
    else expect(view).toMatchObject({ state: 'stopped', text: 'Not started.', port: null, pids: [] })

    const stopped = await small.runners.stop(first)
    expect(stopped).toMatchObject({ ok: true, value: { memoryIsBack: true, left: [] } })
    expect(small.eaters()).toEqual([])
    expect(small.admission.status()).toMatchObject({ reservedBytes: 0, reservations: [], waiting: [] })
    rmSync(join(small.home.dir, 'data', 'logs'), { recursive: true, force: true })
    if (first === FILE) expect(await small.runners.removeProfile(FILE)).toMatchObject({ ok: true })
    else await forget()
  }
  panel.dispose()
  expect(wins).toEqual({ [PANEL]: ROUNDS / 2, [FILE]: ROUNDS / 2 })
}, 180_000)

/** The panel's runner as it was before it ever ran. */
async function forget(): Promise<void> {
  const [profile] = small.runners.profiles()
  if (profile === undefined) throw new Error('no profile')
  await small.runners.removeProfile(PANEL)
  await small.runners.saveProfile(profile)
}
