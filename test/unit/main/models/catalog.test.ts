import { mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createModelCatalog, type ModelCatalog } from '../../../../src/main/models/catalog.ts'
import type { FoundModels } from '../../../../src/main/models/types.ts'
import { quietLogger } from '../../../support/fake-core.ts'
import { until } from '../../../support/until.ts'
import { modelDisk } from './disk.ts'

let home = ''
let catalog: ModelCatalog
let folders: readonly string[] = []
let told: FoundModels[] = []
let disk: ReturnType<typeof modelDisk>
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'firebreak-catalog-'))
  disk = modelDisk(home)
  told = []
  folders = []
  catalog = createModelCatalog({
    places: () => ({ homeDir: home, folders }),
    clock: { nowMs: () => Date.now(), monotonicMs: () => performance.now() },
    logger: quietLogger(),
    onChange: (found) => told.push(found)
  })
})
afterEach(() => {
  catalog.dispose()
  rmSync(home, { recursive: true, force: true })
})
const labels = async (): Promise<string> => (await catalog.list()).models.map(({ label }) => label).join()
const lastTold = (): string | undefined =>
  told
    .at(-1)
    ?.models.map(({ label }) => label)
    .join()

test('new, renamed and removed models are told without being asked for', async () => {
  disk.gguf('models/a.gguf')
  expect(await labels()).toBe('a')
  disk.gguf('models/deep/b.gguf')
  await until('the new one is told', () => lastTold() === 'a,b')
  renameSync(join(home, 'models/deep/b.gguf'), join(home, 'models/deep/c.gguf'))
  await until('its new name is told', () => lastTold() === 'a,c')
  rmSync(join(home, 'models/a.gguf'))
  await until('the loss is told', () => lastTold() === 'c')
  expect(await labels()).toBe('c')
})

test('a repository that comes into the hub is told', async () => {
  disk.hub('maker/first', 'c1', { 'config.json': '{}', 'model.safetensors': 'x' })
  expect(await labels()).toBe('first')
  disk.hub('maker/second', 'c1', { 'config.json': '{ }', 'model.safetensors': 'y' })
  await until('the second is told', () => lastTold() === 'first,second')
})

test('other folders in the settings count at once', async () => {
  disk.gguf('models/a.gguf')
  disk.gguf('disk/b.gguf')
  expect(await labels()).toBe('a')
  folders = [join(home, 'disk')]
  expect(await labels()).toBe('a,b')
})

test('questions at the same time share one scan', async () => {
  disk.gguf('models/a.gguf')
  const [one, other] = await Promise.all([catalog.list(), catalog.list()])
  expect(one.models[0]).toBe(other.models[0])
})

test('what was added where no watch was is found once it is said, also beside a scan under way', async () => {
  expect(await labels()).toBe('')
  disk.hub('maker/first', 'c1', { 'config.json': '{}', 'model.safetensors': 'x' })
  catalog.outdated()
  const underWay = labels()
  disk.hub('maker/second', 'c1', { 'config.json': '{ }', 'model.safetensors': 'y' })
  catalog.outdated()
  expect(await labels()).toBe('first,second')
  await underWay
  expect(told.length).toBeGreaterThan(0)
})
