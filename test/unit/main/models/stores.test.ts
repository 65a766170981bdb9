import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { modelOnDiskSchema } from '../../../../src/shared/contract/runner-schemas.ts'
import { findModels, type ModelOnDisk } from '../../../../src/main/models/find.ts'
import { modelDisk } from './disk.ts'

let home = ''
let disk: ReturnType<typeof modelDisk>
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'firebreak-stores-'))
  disk = modelDisk(home)
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

const models = async (env: NodeJS.ProcessEnv = {}): Promise<readonly ModelOnDisk[]> => {
  const found = await findModels({ homeDir: home, folders: [], env })
  for (const model of found.models) modelOnDiskSchema.parse(model)
  return found.models
}
const DIGEST = (digit: string): string => `sha256:${digit.repeat(64)}`
const layers = (...of: readonly (readonly [type: string, digit: string, size: number])[]): string =>
  JSON.stringify({
    schemaVersion: 2,
    layers: of.map(([type, digit, size]) => ({
      mediaType: `application/vnd.ollama.image.${type}`,
      digest: DIGEST(digit),
      size
    }))
  })

describe('the cache of Hugging Face', () => {
  test('a repository of shards is one model, started by its name', async () => {
    disk.hub('maker/big', 'c1', {
      'config.json': '{}',
      'model-00001-of-00002.safetensors': 'first',
      'model-00002-of-00002.safetensors': 'second!',
      'model.safetensors.index.json': '{"weight_map":{}}'
    })
    expect(await models()).toEqual([
      {
        path: 'maker/big',
        label: 'big',
        sizeBytes: 12,
        format: 'safetensors',
        store: 'huggingface',
        repository: 'maker/big',
        mmprojPath: null,
        parts: 2,
        isPartial: false
      }
    ])
  })

  test('a link whose bytes are not there, and a shard that is not there, make it partial', async () => {
    const folder = disk.hub('maker/one', 'c1', { 'config.json': '{}', 'model.safetensors': 'bytes' })
    rmSync(join(folder, 'blobs', Buffer.from('bytes').toString('hex')))
    disk.hub('maker/two', 'c1', { 'config.json': '{}', 'model-00001-of-00002.safetensors': 'first' })
    expect(await models()).toMatchObject([
      { label: 'one', isPartial: true, sizeBytes: 0 },
      { label: 'two', isPartial: true, parts: 2 }
    ])
  })

  test('shards counted from 0: the index says whether one is missing', async () => {
    const shards = { 'model-00000-of-00002.safetensors': 'a', 'model-00001-of-00002.safetensors': 'b' }
    const indexOf = (name: string): string => JSON.stringify({ weight_map: { x: name } })
    disk.hub('maker/whole', 'c1', {
      'config.json': '{}',
      ...shards,
      'model.safetensors.index.json': indexOf('model-00001-of-00002.safetensors')
    })
    disk.hub('maker/part', 'c1', {
      'config.json': '{}',
      ...shards,
      'model.safetensors.index.json': indexOf('model-00002-of-00002.safetensors')
    })
    expect(await models()).toMatchObject([
      { label: 'part', isPartial: true, parts: 3 },
      { label: 'whole', isPartial: false, parts: 2 }
    ])
  })

  test('a fetch of which only bytes are there is shown by the name of its repository', async () => {
    const folder = disk.hub('maker/later-GGUF', 'c1', { 'README.md': 'x' })
    disk.put(`${folder.slice(home.length + 1)}/blobs/${'a'.repeat(64)}.incomplete`, 'so far')
    expect(await models()).toMatchObject([
      { path: folder, label: 'later-GGUF', repository: 'maker/later-GGUF', sizeBytes: 6, isPartial: true }
    ])
  })

  test('of two snapshots with the same bytes that of main counts; an older one with others is shown', async () => {
    disk.hub('maker/gguf', 'c1', { 'a-Q4_0.gguf': 'GGUF, twenty-four bytes and more' })
    disk.hub('maker/gguf', 'c2', {
      'a-Q4_0.gguf': 'GGUF, twenty-four bytes and more',
      'mmproj-F16.gguf': 'GGUF and eyes'
    })
    expect(await models()).toMatchObject([
      {
        path: expect.stringContaining('/snapshots/c2/a-Q4_0.gguf'),
        mmprojPath: expect.stringContaining('/snapshots/c2/mmproj-F16.gguf')
      }
    ])
  })

  test('a pipeline of parts is one model; data sets are none', async () => {
    disk.hub('maker/flux', 'c1', {
      'model_index.json': '{}',
      'flux.safetensors': 'the same once more',
      'vae/config.json': '{ }',
      'vae/diffusion_pytorch_model.safetensors': 'four',
      'transformer/config.json': '{  }',
      'transformer/model-00001-of-00001.safetensors': 'sixsix'
    })
    disk.put('.cache/huggingface/hub/datasets--a--b/snapshots/c/model.gguf', 'GGUF'.repeat(10))
    expect(await models()).toMatchObject([{ path: 'maker/flux', sizeBytes: 10, parts: 2 }])
  })

  test.each([
    ['HF_HUB_CACHE', ''],
    ['HF_HOME', 'hub'],
    ['XDG_CACHE_HOME', 'huggingface/hub']
  ])('%s says where it is', async (name, below) => {
    const folder = disk.hub('maker/moved', 'c1', { 'config.json': '{}', 'model.safetensors': 'bytes' })
    const target = join(home, 'elsewhere', below)
    mkdirSync(target, { recursive: true })
    renameSync(folder, join(target, 'models--maker--moved'))
    expect(await models({ [name]: join(home, 'elsewhere') })).toMatchObject([{ path: 'maker/moved' }])
  })
})

describe('the store of Ollama', () => {
  const put = (tagPath: string, text: string): void => {
    disk.put(`.ollama/models/manifests/${tagPath}`, text)
  }
  const blob = (digit: string, bytes: number): void => {
    disk.put(`.ollama/models/blobs/sha256-${digit.repeat(64)}`, Buffer.alloc(bytes))
  }

  test('a tag is a model with the size of its layers', async () => {
    put('registry.ollama.ai/library/llama3.2/3b', layers(['model', 'a', 100], ['template', 'b', 5]))
    put('registry.ollama.ai/me/own/latest', layers(['model', 'a', 100], ['projector', 'c', 7]))
    put('hf.co/maker/tiny-GGUF/Q4_0', layers(['model', 'a', 100]))
    blob('a', 100)
    blob('b', 5)
    blob('c', 7)
    expect(await models()).toMatchObject([
      { path: 'hf.co/maker/tiny-GGUF:Q4_0', sizeBytes: 100, isPartial: false },
      { path: 'llama3.2:3b', label: 'llama3.2:3b', sizeBytes: 105, format: 'ollama', mmprojPath: null },
      { path: 'me/own:latest', sizeBytes: 107, mmprojPath: expect.stringContaining('sha256-ccc') }
    ])
  })

  test('a layer that is not there or too short makes it partial; a pull that goes on is shown', async () => {
    put('registry.ollama.ai/library/gone/1b', layers(['model', 'a', 100]))
    put('registry.ollama.ai/library/short/1b', layers(['model', 'b', 100]))
    blob('b', 50)
    disk.put(`.ollama/models/blobs/sha256-${'d'.repeat(64)}-partial`, Buffer.alloc(10))
    disk.put(`.ollama/models/blobs/sha256-${'d'.repeat(64)}-partial-0`, '{}')
    expect((await models()).map(({ path, isPartial }) => [path.slice(-11), isPartial])).toEqual([
      ['gone:1b', true],
      ['short:1b', true],
      ['ddd-partial', true]
    ])
  })

  test('a manifest that is none, one of the cloud, and one in the wrong place are no models', async () => {
    put('registry.ollama.ai/library/bad/1b', 'not json')
    put('registry.ollama.ai/library/odd/1b', '{"layers":[{"mediaType":5}]}')
    put(
      'registry.ollama.ai/library/evil/1b',
      layers(['model', 'a', 1]).replace(DIGEST('a'), '../../etc/passwd')
    )
    put('registry.ollama.ai/library/cloud/latest', layers(['params', 'a', 10]))
    put('stray', layers(['model', 'a', 100]))
    expect(await models()).toEqual([])
  })

  test('OLLAMA_MODELS says where it is', async () => {
    disk.put('disk/manifests/registry.ollama.ai/library/x/1b', layers(['model', 'a', 4]))
    disk.put(`disk/blobs/sha256-${'a'.repeat(64)}`, 'four')
    expect(await models({ OLLAMA_MODELS: join(home, 'disk') })).toMatchObject([
      { path: 'x:1b', isPartial: false }
    ])
  })
})

test('llama.cpp: what it fetched has its repository, from the manifest beside it', async () => {
  disk.put('.cache/llama.cpp/manifest=ggml-org=gemma-3-4b-it-GGUF=latest.json', '{}')
  disk.gguf('.cache/llama.cpp/ggml-org_gemma-3-4b-it-GGUF_gemma-3-4b-it-Q4_K_M.gguf')
  disk.gguf('.cache/llama.cpp/ggml-org_gemma-3-4b-it-GGUF_mmproj-model-f16.gguf')
  disk.gguf('.cache/llama.cpp/own_thing.gguf.downloadInProgress')
  expect(await models()).toMatchObject([
    {
      label: 'gemma-3-4b-it-Q4_K_M',
      store: 'llamacpp',
      repository: 'ggml-org/gemma-3-4b-it-GGUF',
      mmprojPath: expect.stringContaining('mmproj-model-f16.gguf')
    },
    { label: 'own_thing', repository: null, isPartial: true }
  ])
})

test('LM Studio: its usual folder, and the one it was told to use', async () => {
  disk.gguf('.lmstudio/models/maker/tiny/tiny-Q4_0.gguf')
  disk.gguf('.lmstudio/models/maker/tiny/mmproj-tiny-f16.gguf')
  disk.gguf('big-disk/other/large/downloading_large.gguf.part')
  disk.put('.lmstudio/settings.json', JSON.stringify({ downloadsFolder: join(home, 'big-disk') }))
  expect(await models()).toMatchObject([
    { label: 'large', store: 'lmstudio', repository: 'other/large', isPartial: true },
    { label: 'tiny-Q4_0', repository: 'maker/tiny', mmprojPath: expect.stringContaining('mmproj-tiny') }
  ])
})

test('folders of weights: whole, partial, and a checkpoint within', async () => {
  disk.put('models/tuned/config.json', '{}')
  disk.put('models/tuned/model.safetensors', 'weights')
  disk.put('models/tuned/checkpoint-500/config.json', '{}')
  disk.put('models/tuned/checkpoint-500/model-00001-of-00002.safetensors', 'half')
  disk.gguf('models/split-00002-of-00002.gguf')
  expect(await models()).toMatchObject([
    { label: 'checkpoint-500', isPartial: true },
    { label: 'split', isPartial: true, parts: 2 },
    { label: 'tuned', path: join(home, 'models/tuned'), isPartial: false, sizeBytes: 7 }
  ])
})

test('a folder that may not be read is named, and the rest is found', async () => {
  disk.gguf('models/a.gguf')
  disk.gguf('models/closed/b.gguf')
  chmodSync(join(home, 'models/closed'), 0)
  const { models: found, skipped } = await findModels({ homeDir: home, folders: [] })
  chmodSync(join(home, 'models/closed'), 0o700)
  expect(found.map(({ label }) => label)).toContain('a')
  // Root may read everything.
  if (process.getuid?.() !== 0)
    expect(skipped).toEqual([`${join(home, 'models/closed')}: you may not read it.`])
})

test('links in circles, and a link to nothing, end', async () => {
  disk.gguf('models/x/a.gguf')
  symlinkSync(join(home, 'models'), join(home, 'models/x/up'))
  symlinkSync('circle', join(home, 'models/circle'))
  symlinkSync('/nowhere', join(home, 'models/nowhere.gguf'))
  expect((await models()).map(({ label }) => label)).toEqual(['a'])
})
