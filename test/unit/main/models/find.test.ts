import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { findModels } from '../../../../src/main/models/find.ts'

let home = ''
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'firebreak-find-'))
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

const put = (path: string, bytes = 24, magic = 'GGUF'): string => {
  const full = join(home, path)
  mkdirSync(dirname(full), { recursive: true })
  const content = Buffer.alloc(bytes)
  content.write(magic)
  writeFileSync(full, content)
  return full
}
const labels = async (folders: readonly string[] = []): Promise<readonly string[]> =>
  (await findModels({ homeDir: home, folders })).models.map((model) => `${model.label} ${model.sizeBytes}`)

test('nothing there: no models, no folders', async () => {
  expect(await findModels({ homeDir: home, folders: ['/nowhere'] })).toEqual({
    models: [],
    searched: [],
    skipped: []
  })
})

test('finds models in the usual places and the given ones', async () => {
  put('models/a.gguf')
  put('.cache/llama.cpp/b.gguf')
  put('.lmstudio/models/maker/model/c.GGUF')
  put('disk/d.gguf')
  const found = await findModels({ homeDir: home, folders: ['~/disk'] })
  expect(found.models.map((model) => model.label)).toEqual(['a', 'b', 'c', 'd'])
  expect(found.searched).toHaveLength(4)
})

test('a hub snapshot is found once, by the name in the snapshot', async () => {
  const blob = put('.cache/huggingface/hub/models--x--y/blobs/0123', 77)
  const snapshot = join(home, '.cache/huggingface/hub/models--x--y/snapshots/abc')
  mkdirSync(snapshot, { recursive: true })
  symlinkSync(blob, join(snapshot, 'y-q4.gguf'))
  expect(await labels()).toEqual(['y-q4 77'])
})

test('split models are one, with the size of all parts; projectors and empty files are none', async () => {
  put('models/big-00001-of-00003.gguf', 100)
  put('models/big-00002-of-00003.gguf', 200)
  put('models/big-00003-of-00003.gguf', 300)
  put('models/mmproj-big.gguf')
  put('models/empty.gguf', 0)
  put('models/readme.md')
  expect(await labels()).toEqual(['big 600'])
})

test('loops of links and folders inside one another end, and count once', async () => {
  put('models/deep/x.gguf')
  symlinkSync(join(home, 'models'), join(home, 'models/deep/loop'))
  expect(await labels([join(home, 'models/deep'), join(home, 'models')])).toEqual(['x 24'])
})

test('does not go deeper than models are kept', async () => {
  put(`models/${'d/'.repeat(20)}far.gguf`)
  expect(await labels()).toEqual([])
})

test('a web page, a pipe, a stub and a link to itself with the name of a model are none', async () => {
  put('models/page.gguf', 500, '<!DOCTYPE html>')
  put('models/stub.gguf', 23)
  execFileSync('mkfifo', [join(home, 'models/pipe.gguf')])
  symlinkSync('loop.gguf', join(home, 'models/loop.gguf'))
  put('models/real.gguf')
  expect(await labels()).toEqual(['real 24'])
})
