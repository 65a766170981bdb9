import type { ReactNode } from 'react'
import { LOAD_TIMEOUT_S, STOP_TIMEOUT_S, defaultSettings } from '../../../../shared/settings/schema.ts'
import { usePanel } from '../../stores/context.ts'
import { About } from './about.tsx'
import { GuardSettings } from './guard-settings.tsx'
import { SettingRow } from './setting-row.tsx'
import { TextSetting } from './text-setting.tsx'
import { MemorySettings } from './memory-settings.tsx'
import { parseFolders, parseSeconds } from './parse.ts'
import './settings.css'

const THEMES = [
  ['system', 'As the desktop'],
  ['light', 'Light'],
  ['dark', 'Dark']
] as const

const SECONDS = { loadTimeoutS: LOAD_TIMEOUT_S, stopTimeoutS: STOP_TIMEOUT_S } as const
const DEFAULTS = defaultSettings().llamacpp

const inWords = ([low, high]: readonly [number, number]): string => `${low} to ${high} seconds`

/** What can be changed; each change is saved at once and says so in its place. */
export function SettingsPage(): ReactNode {
  const ready = usePanel('settings', (state) => state.settings !== null)
  return (
    <div className="page settings">
      <header className="page-head">
        <h1 tabIndex={-1}>Settings</h1>
        <p className="muted">Changes are saved at once.</p>
      </header>
      {ready && (
        <>
          <Appearance />
          <MemorySettings />
          <GuardSettings />
          <Models />
        </>
      )}
      <About />
    </div>
  )
}

function Appearance(): ReactNode {
  const settings = usePanel('settings', (state) => state.settings)
  const change = usePanel('settings', (state) => state.change)
  if (settings === null) return null
  return (
    <section className="card" aria-labelledby="appearance-title">
      <div className="card-head">
        <h2 id="appearance-title">Appearance</h2>
      </div>
      <SettingRow field="theme" title="Theme" hint="Light, dark, or what the desktop uses." controlId="theme">
        <select
          id="theme"
          className="input"
          value={settings.theme}
          aria-describedby="theme-hint"
          onChange={(event) => {
            const theme = THEMES.find(([value]) => value === event.target.value)?.[0]
            if (theme !== undefined) void change('theme', { theme })
          }}
        >
          {THEMES.map(([value, word]) => (
            <option key={value} value={value}>
              {word}
            </option>
          ))}
        </select>
      </SettingRow>
      <SettingRow
        field="hardwareAcceleration"
        title="Draw this window on the GPU"
        hint="Off keeps this window’s buffers out of the memory the GPU shares, and a driver in trouble cannot take the window with it. Counts from the next start of Firebreak."
        controlId="hardware"
      >
        <input
          id="hardware"
          type="checkbox"
          className="toggle"
          role="switch"
          checked={settings.hardwareAcceleration}
          aria-checked={settings.hardwareAcceleration}
          aria-describedby="hardware-hint"
          onChange={(event) =>
            void change('hardwareAcceleration', { hardwareAcceleration: event.target.checked })
          }
        />
      </SettingRow>
    </section>
  )
}

function Models(): ReactNode {
  const settings = usePanel('settings', (state) => state.settings)
  const searched = usePanel('runners', (state) => state.searched)
  const refresh = usePanel('runners', (state) => state.refresh)
  const look = usePanel('runners', (state) => state.look)
  const change = usePanel('settings', (state) => state.change)
  const refuse = usePanel('settings', (state) => state.refuse)
  if (settings === null) return null
  const seconds = async (field: keyof typeof SECONDS, text: string): Promise<boolean> => {
    const read = parseSeconds(text, SECONDS[field])
    if (read.bad !== null) return refuse(field, read.bad)
    return change(field, { llamacpp: { [field]: read.value ?? DEFAULTS[field] } })
  }
  const shownSeconds = (field: keyof typeof SECONDS): { value: string; placeholder: string } => ({
    value: settings.llamacpp[field] === DEFAULTS[field] ? '' : String(settings.llamacpp[field]),
    placeholder: String(DEFAULTS[field])
  })
  return (
    <section className="card" aria-labelledby="models-title">
      <div className="card-head">
        <h2 id="models-title">Models and llama.cpp</h2>
      </div>
      <TextSetting
        field="modelFolders"
        title="Folders with models"
        hint={`One per line, besides the usual places.${searched.length === 0 ? '' : ` Searched now: ${searched.join(', ')}.`}`}
        value={settings.modelFolders.join('\n')}
        placeholder="/data/models"
        lines
        onSave={async (text) => {
          const { folders, bad } = parseFolders(text)
          if (bad !== null) return refuse('modelFolders', `'${bad}' is no whole path. Begin it with /.`)
          const taken = await change('modelFolders', { modelFolders: folders })
          if (taken) await refresh()
          return taken
        }}
      />
      <TextSetting
        field="binary"
        title="llama-server"
        hint={<ServerHint />}
        value={settings.llamacpp.binary}
        placeholder="searched by itself"
        onSave={async (text) => {
          const taken = await change('binary', { llamacpp: { binary: text.trim() } })
          if (taken) await look()
          return taken
        }}
      />
      <TextSetting
        field="loadTimeoutS"
        title="Give up loading after"
        hint={`Without any progress. ${inWords(SECONDS.loadTimeoutS)}; empty = ${DEFAULTS.loadTimeoutS}.`}
        {...shownSeconds('loadTimeoutS')}
        unit="s"
        onSave={(text) => seconds('loadTimeoutS', text)}
      />
      <TextSetting
        field="stopTimeoutS"
        title="Force a stop after"
        hint={`A model is asked to end first; after this it is ended. ${inWords(SECONDS.stopTimeoutS)}; empty = ${DEFAULTS.stopTimeoutS}.`}
        {...shownSeconds('stopTimeoutS')}
        unit="s"
        onSave={(text) => seconds('stopTimeoutS', text)}
      />
    </section>
  )
}

/** Which llama-server would be started now, or why there is none. */
function ServerHint(): ReactNode {
  const found = usePanel('runners', (state) => state.installed.find(({ kind }) => kind === 'llamacpp'))
  const { path = null, problem = null } = found ?? {}
  return (
    <>
      The whole path. Empty = the one on the PATH or in the usual build folders.
      {path !== null && <span className="block">Using {path}</span>}
      {problem !== null && <span className="block bad">{problem}</span>}
    </>
  )
}
