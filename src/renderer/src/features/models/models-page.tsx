import { useRef, useState, type ReactNode } from 'react'
import { bytesText } from '../../format/bytes.ts'
import { shortPath } from '../../format/names.ts'
import { told } from '../../format/next-step.ts'
import { roomWords } from '../../format/sentence.ts'
import { usePanel } from '../../stores/context.ts'
import type { RunnerKind } from '../../../../shared/model/runner.ts'
import type { FoundModel } from '../../stores/runners.ts'
import { Icon } from '../../ui/icons.tsx'
import { Message } from '../../ui/message.tsx'
import { MissingPrograms } from '../../ui/missing-programs.tsx'
import { KindMark } from '../../ui/kind-mark.tsx'
import { newDraft } from './draft.ts'
import { ExportButton } from './export-button.tsx'
import { FitCell } from './fit-cell.tsx'
import { useImport } from './import-profiles.tsx'
import { NewProfile } from './kind-picker.tsx'
import { PlaybookRow } from './playbook-row.tsx'
import { ProfileForm } from './profile-form.tsx'
import { ProfileRow } from './profile-row.tsx'
import { useEscape } from './use-escape.ts'
import './models.css'

/** Paths longer than this are cut at the front; the whole is in the title. */
const PATH_CHARS = 72

/** Everything that can be started: profiles, recipes, models on disk without a profile, and any of another kind. `jobs`: what is under way. */
export function ModelsPage({ jobs }: { readonly jobs: ReactNode }): ReactNode {
  const profiles = usePanel('runners', (state) => state.profiles)
  const models = usePanel('runners', (state) => state.models)
  const searched = usePanel('runners', (state) => state.searched)
  const loaded = usePanel('runners', (state) => state.loaded)
  const installed = usePanel('runners', (state) => state.installed)
  const go = usePanel('app', (state) => state.go)
  const free = usePanel('live', ({ live }) => (live === null ? '' : roomWords(live.admission)))
  const [adding, setAdding] = useState(false)
  const newButton = useRef<HTMLButtonElement>(null)
  const section = useRef<HTMLElement>(null)
  const closeNew = (): void => {
    newButton.current?.focus()
    setAdding(false)
  }
  useEscape(section, closeNew)
  const importing = useImport()
  const used = new Set(profiles.map((profile) => profile.modelPath))
  const found = models.filter(({ path, repository }) => !used.has(path) && !used.has(repository ?? path))
  return (
    <div className="page models">
      <header className="page-head">
        <h1 tabIndex={-1}>Models</h1>
        <p className="muted num">{free}</p>
        <button
          ref={newButton}
          type="button"
          className="button primary"
          aria-expanded={adding}
          onClick={() => setAdding(!adding)}
        >
          <Icon name="plus" size={14} />
          <span>New…</span>
        </button>
      </header>
      {jobs}
      {adding && (
        <section ref={section} className="card" aria-labelledby="new-title">
          <div className="card-head">
            <h2 id="new-title">New profile</h2>
            <button type="button" className="button quiet compact" onClick={closeNew}>
              Close
            </button>
          </div>
          <div className="card-body">
            <NewProfile onDone={closeNew} />
          </div>
        </section>
      )}
      <MissingPrograms installed={installed} used={profiles} onSettings={() => go('settings')} />
      <section className="card" aria-labelledby="profiles-title">
        <div className="card-head">
          <h2 id="profiles-title" tabIndex={-1}>
            Profiles
          </h2>
          {importing.button}
          <ExportButton
            ids={profiles.map(({ id }) => id)}
            name="profiles"
            word="Export all"
            what="all profiles"
          />
        </div>
        {importing.outcome}
        {profiles.length > 0 ? (
          <ul className="profiles">
            {profiles.map((profile) => (
              <ProfileRow key={profile.id} profile={profile} />
            ))}
          </ul>
        ) : (
          <div className="empty">
            <strong>{loaded ? 'No profiles yet' : 'Reading…'}</strong>A profile is a runner with its model and
            settings. Start one of the models or a playbook below, or choose New, and its profile is kept
            here.
          </div>
        )}
      </section>
      <section className="card" aria-labelledby="found-title">
        <div className="card-head">
          <h2 id="found-title">Found on this machine</h2>
          <LookAgain />
        </div>
        {found.length > 0 ? (
          <ul className="profiles">
            {found.map((model) => (
              <FoundRow key={model.path} model={model} />
            ))}
          </ul>
        ) : (
          <div className="empty">
            <strong>
              {models.length > 0 ? 'Every model that was found has a profile' : 'No model files found'}
            </strong>
            {searched.length > 0 && <>Firebreak looked in {searched.join(', ')}. </>}
            Add a folder under Settings to look in more places.
          </div>
        )}
      </section>
      <Playbooks />
    </div>
  )
}

/** Recipes that ship with Firebreak. */
function Playbooks(): ReactNode {
  const playbooks = usePanel('library', (state) => state.playbooks)
  if (playbooks.length === 0) return null
  return (
    <section className="card" aria-labelledby="playbooks-title">
      <div className="card-head">
        <h2 id="playbooks-title">Playbooks</h2>
        <p className="small muted">Work that others do on such machines, ready to start.</p>
      </div>
      <ul className="profiles">
        {playbooks.map((playbook) => (
          <PlaybookRow key={playbook.id} playbook={playbook} />
        ))}
      </ul>
    </section>
  )
}

/** Which kind loads a model of that format. */
const KIND_OF: Readonly<Record<FoundModel['format'], RunnerKind>> = {
  gguf: 'llamacpp',
  safetensors: 'vllm',
  ollama: 'ollama'
}

/** Files are looked for by themselves every few seconds; this is for those who will not wait. */
function LookAgain(): ReactNode {
  const look = usePanel('runners', (state) => state.look)
  const [looking, setLooking] = useState(false)
  const onClick = (): void => {
    setLooking(true)
    void look().finally(() => setLooking(false))
  }
  return (
    <button type="button" className="button quiet compact" aria-disabled={looking} onClick={onClick}>
      {looking ? 'Looking' : 'Look again'}
    </button>
  )
}

function FoundRow({ model }: { readonly model: FoundModel }): ReactNode {
  const start = usePanel('runners', (state) => state.start)
  const starting = usePanel('runners', (state) => state.asked.get(model.path) === 'start')
  const error = usePanel('runners', (state) => state.errors.get(model.path))
  const dismiss = usePanel('runners', (state) => state.dismissError)
  const connected = usePanel('app', (state) => state.link === 'connected')
  const size = usePanel('estimates', (state) => state.models?.get(model.path))
  // What cannot be estimated is left out of the list.
  const read = usePanel('estimates', (state) => state.models !== null)
  const [setting, setSetting] = useState(false)
  const kind = KIND_OF[model.format]
  // What a repository needs to be served is more than its path.
  const startsAsItIs = model.format !== 'safetensors' && !model.isPartial
  return (
    <li className="profile">
      <div className="profile-line found">
        <KindMark kind={kind} />
        <div className="profile-words">
          <p className="ellipsis profile-name" title={model.label}>
            {model.label}
          </p>
          <p className="ellipsis small muted num" title={model.path}>
            {model.isPartial ? 'Not whole yet' : bytesText(model.sizeBytes)} ·{' '}
            {shortPath(model.path, PATH_CHARS)}
          </p>
        </div>
        <FitCell size={model.isPartial ? null : (size ?? (read ? null : undefined))} />
        <div className="profile-buttons">
          <button
            type="button"
            className="button quiet compact"
            aria-expanded={setting}
            aria-label={`Set up ${model.label}`}
            onClick={() => setSetting(!setting)}
          >
            Set up…
          </button>
          {!setting && startsAsItIs && (
            <button
              type="button"
              className="button main-action"
              aria-disabled={starting || !connected}
              aria-label={`Start ${model.label}`}
              onClick={() => !starting && connected && void start({ target: model.path, kind })}
            >
              <Icon name="play" size={12} />
              <span>{starting ? 'Starting' : 'Start'}</span>
            </button>
          )}
          {(setting || !startsAsItIs) && <span className="main-action" />}
        </div>
      </div>
      {error !== undefined && <Message tone="error" {...told(error)} onDismiss={() => dismiss(model.path)} />}
      {setting && (
        <ProfileForm
          initial={{
            ...newDraft(kind),
            modelPath: model.format === 'safetensors' ? (model.repository ?? model.path) : model.path
          }}
          profileId={null}
          running={false}
          onDone={() => setSetting(false)}
        />
      )}
    </li>
  )
}
