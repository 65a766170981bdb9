import { homedir } from 'node:os'
import { resolve } from 'node:path'
import { findModels } from '../../main/models/find.ts'
import type { CommandOutput } from '../../shared/contract/commands.ts'
import { err, ok } from '../../shared/util/result.ts'
import type { Command } from '../command.ts'
import { columns, formatBytes, printable } from '../format.ts'
import { foundEntry, foundRow } from './found.ts'

export const runners: Command = {
  name: 'runners',
  about: 'what can be stopped and what runs, also what was started elsewhere',
  positionals: [],
  options: {},
  example: 'firebreakctl runners',
  async run({ connect, note }) {
    const core = await connect()
    if (!core.ok) return core
    const list = await core.value.client.call('runners.list', {})
    if (!list.ok) return list
    // What others started is told beside it; that it cannot be looked for is no reason to tell nothing.
    const found = await core.value.client.call('runners.found', {})
    if (!found.ok) note(`what was started elsewhere is not known: ${printable(found.error.message)}`)
    const others = found.ok ? found.value : []
    const rows = list.value.map(({ id, kind, state, bytes, url, text }) => [
      id,
      kind,
      state,
      formatBytes(bytes.gpuBytes + bytes.hostBytes),
      url ?? '-',
      printable(text)
    ])
    const all = [...rows, ...others.map(foundRow)]
    const hint = others.length === 0 ? '' : '\n\nFound ones can be taken over: firebreakctl adopt PID'
    return ok({
      document: [...list.value, ...others.map(foundEntry)],
      text:
        all.length === 0
          ? 'No runners yet. Start one: firebreakctl start MODEL'
          : `${columns(all, [3])}${hint}`
    })
  }
}

export const profiles: Command = {
  name: 'profiles',
  about: 'what can be started, with its settings',
  positionals: [],
  options: {},
  example: 'firebreakctl profiles --json',
  async run({ connect }) {
    const core = await connect()
    if (!core.ok) return core
    const list = await core.value.client.call('profiles.list', {})
    if (!list.ok) return list
    const rows = list.value.map(({ id, kind, label, modelPath }) => [
      id,
      kind,
      printable(label),
      printable(modelPath)
    ])
    return ok({
      document: list.value,
      text: rows.length === 0 ? 'No profiles yet. Starting a model makes one.' : columns(rows)
    })
  }
}

export const playbooks: Command = {
  name: 'playbooks',
  about: 'recipes that can be started as they are',
  positionals: [{ name: 'list', about: 'the only thing to do with them here', optional: true }],
  options: {},
  example: 'firebreakctl playbooks',
  async run({ connect, positionals: [word = 'list'] }) {
    if (word !== 'list') {
      const message = `'playbooks ${word}' is not known. Start one: firebreakctl start ${word}`
      return err({ code: 'bad-request', message })
    }
    const core = await connect()
    if (!core.ok) return core
    const list = await core.value.client.call('playbooks.list', {})
    if (!list.ok) return list
    const rows = list.value.map(({ id, kind, title, memoryBytes }) => [
      id,
      kind,
      memoryBytes === null ? '-' : formatBytes(memoryBytes),
      printable(title)
    ])
    return ok({
      document: list.value,
      text: rows.length === 0 ? 'There are no playbooks.' : columns(rows, [2])
    })
  }
}

/** Needs no core: without one it looks itself, without the folders of the settings. */
export const models: Command = {
  name: 'models',
  about: 'model files on this machine',
  positionals: [],
  options: {
    folder: { type: 'string', value: 'DIR', multiple: true, about: 'look here too' }
  },
  example: 'firebreakctl models --folder /data/models',
  async run({ connect, values, env, workingDir }) {
    const folders = values.list('folder').map((folder) => resolve(workingDir, folder))
    const core = await connect()
    if (core.ok && folders.length === 0) {
      const list = await core.value.client.call('models.list', {})
      return list.ok ? ok({ document: list.value, text: describe(list.value) }) : list
    }
    const settings = core.ok ? await core.value.client.call('settings.get', {}) : core
    const found = await findModels({
      homeDir: env['HOME'] || homedir(),
      folders: [...(settings.ok ? settings.value.modelFolders : []), ...folders],
      env
    })
    return ok({ document: found, text: describe(found) })
  }
}

function describe({ models, searched, skipped = [] }: CommandOutput<'models.list'>): string {
  const notes = skipped.map((note) => `Left out: ${printable(note)}`)
  if (models.length === 0) {
    const where = searched.length === 0 ? 'in the usual folders' : `in ${searched.join(', ')}`
    return [`No models found ${where}. Name another folder with --folder.`, ...notes].join('\n')
  }
  const rows = models.map(({ path, label, sizeBytes, isPartial }) => [
    formatBytes(sizeBytes),
    printable(isPartial ? `${label} (not complete)` : label),
    printable(path)
  ])
  return [columns(rows, [0]), ...notes].join('\n')
}
