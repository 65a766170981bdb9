import type { ReactNode } from 'react'
import { GIB, bytesWords } from '../../format/bytes.ts'
import { usePanel } from '../../stores/context.ts'
import { About } from './about.tsx'
import { SettingRow } from './setting-row.tsx'
import { TextSetting } from './text-setting.tsx'
import { gibField, parseFolders, parseGib } from './parse.ts'
import './settings.css'

const THEMES = [
  ['system', 'As the desktop'],
  ['light', 'Light'],
  ['dark', 'Dark']
] as const

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
          <Memory />
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

function Memory(): ReactNode {
  const reserve = usePanel('settings', (state) => state.settings?.reserveBytes ?? null)
  const now = usePanel('live', (state) => state.live?.guard.reserveBytes ?? 0)
  const total = usePanel('live', (state) => state.live?.memTotalBytes ?? 0)
  const change = usePanel('settings', (state) => state.change)
  const refuse = usePanel('settings', (state) => state.refuse)
  return (
    <section className="card" aria-labelledby="memory-title">
      <div className="card-head">
        <h2 id="memory-title">Firebreak</h2>
      </div>
      <TextSetting
        field="reserveBytes"
        title="Memory kept clear for the desktop"
        hint={`In GiB. Memory inside it is watched; a warning comes when it falls fast or programs wait for memory. Empty = automatic; ${bytesWords(now)} at the moment.`}
        value={gibField(reserve)}
        unit="GiB"
        placeholder="automatic"
        onSave={async (text) => {
          const bytes = parseGib(text)
          if (bytes === 'bad') {
            return refuse('reserveBytes', `'${text}' is no number of GiB. Write 6 or 5.5.`)
          }
          if (bytes !== null && bytes > total / 2) {
            const most = Math.floor(total / 2 / GIB)
            return refuse('reserveBytes', `Half of this machine’s memory at most: ${most} GiB.`)
          }
          return change('reserveBytes', { reserveBytes: bytes })
        }}
      />
    </section>
  )
}

function Models(): ReactNode {
  const settings = usePanel('settings', (state) => state.settings)
  const searched = usePanel('runners', (state) => state.searched)
  const refresh = usePanel('runners', (state) => state.refresh)
  const change = usePanel('settings', (state) => state.change)
  const refuse = usePanel('settings', (state) => state.refuse)
  if (settings === null) return null
  const seconds = async (field: 'loadTimeoutS' | 'stopTimeoutS', text: string): Promise<boolean> => {
    const value = Number(text.trim())
    return Number.isInteger(value) && value > 0
      ? change(field, { llamacpp: { [field]: value } })
      : refuse(field, `'${text}' is no number of seconds.`)
  }
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
        hint="The whole path. Empty = the one on the PATH or in the usual build folders."
        value={settings.llamacpp.binary}
        placeholder="searched by itself"
        onSave={(text) => change('binary', { llamacpp: { binary: text.trim() } })}
      />
      <TextSetting
        field="loadTimeoutS"
        title="Give up loading after"
        hint="Without any progress."
        value={String(settings.llamacpp.loadTimeoutS)}
        unit="s"
        onSave={(text) => seconds('loadTimeoutS', text)}
      />
      <TextSetting
        field="stopTimeoutS"
        title="Force a stop after"
        hint="A model is asked to end first; after this it is ended."
        value={String(settings.llamacpp.stopTimeoutS)}
        unit="s"
        onSave={(text) => seconds('stopTimeoutS', text)}
      />
    </section>
  )
}
