import { useState, type ReactNode } from 'react'
import { bytesText, bytesWords } from '../../format/bytes.ts'
import { shortPath } from '../../format/names.ts'
import { told } from '../../format/next-step.ts'
import { usePanel } from '../../stores/context.ts'
import type { FoundModel } from '../../stores/runners.ts'
import { Icon } from '../../ui/icons.tsx'
import { Message } from '../../ui/message.tsx'
import { MissingPrograms } from '../../ui/missing-programs.tsx'
import { SAFE_DRAFT } from './draft.ts'
import { ProfileForm } from './profile-form.tsx'
import { ProfileRow } from './profile-row.tsx'
import './models.css'

/** Paths longer than this are cut at the front; the whole is in the title. */
const PATH_CHARS = 72

/** Everything that can be started: profiles, model files without one, and any path. */
export function ModelsPage(): ReactNode {
  const profiles = usePanel('runners', (state) => state.profiles)
  const models = usePanel('runners', (state) => state.models)
  const searched = usePanel('runners', (state) => state.searched)
  const loaded = usePanel('runners', (state) => state.loaded)
  const installed = usePanel('runners', (state) => state.installed)
  const go = usePanel('app', (state) => state.go)
  const free = usePanel('live', (state) => bytesWords(state.live?.freeForModelsBytes ?? 0))
  const [adding, setAdding] = useState(false)
  const used = new Set(profiles.map((profile) => profile.modelPath))
  const found = models.filter((model) => !used.has(model.path))
  return (
    <div className="page models">
      <header className="page-head">
        <h1 tabIndex={-1}>Models</h1>
        <p className="muted num">{free} free for models</p>
        <button
          type="button"
          className="button primary"
          aria-expanded={adding}
          onClick={() => setAdding(!adding)}
        >
          <Icon name="plus" size={14} />
          <span>Start another model…</span>
        </button>
      </header>
      {adding && (
        <section className="card" aria-label="Start another model">
          <div className="card-head">
            <h2>Start another model</h2>
          </div>
          <div className="card-body">
            <ProfileForm
              initial={SAFE_DRAFT}
              profileId={null}
              running={false}
              onDone={() => setAdding(false)}
            />
          </div>
        </section>
      )}
      <MissingPrograms installed={installed} onSettings={() => go('settings')} />
      <section className="card" aria-labelledby="profiles-title">
        <div className="card-head">
          <h2 id="profiles-title" tabIndex={-1}>
            Profiles
          </h2>
        </div>
        {profiles.length > 0 ? (
          <ul className="profiles">
            {profiles.map((profile) => (
              <ProfileRow key={profile.id} profile={profile} />
            ))}
          </ul>
        ) : (
          <div className="empty">
            <strong>{loaded ? 'No profiles yet' : 'Reading…'}</strong>A profile is a model with its settings.
            Start one of the files below, or any other by its path, and its profile is kept here.
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
    </div>
  )
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
  const [setting, setSetting] = useState(false)
  return (
    <li className="profile">
      <div className="profile-line found">
        <div className="profile-words">
          <p className="ellipsis profile-name" title={model.label}>
            {model.label}
          </p>
          <p className="ellipsis small muted" title={model.path}>
            {shortPath(model.path, PATH_CHARS)}
          </p>
        </div>
        <p className="num profile-size">{bytesText(model.sizeBytes)}</p>
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
          {!setting && (
            <button
              type="button"
              className="button main-action"
              aria-disabled={starting || !connected}
              aria-label={`Start ${model.label}`}
              onClick={() => !starting && connected && void start({ target: model.path })}
            >
              <Icon name="play" size={12} />
              <span>{starting ? 'Starting' : 'Start'}</span>
            </button>
          )}
        </div>
      </div>
      {error !== undefined && <Message tone="error" {...told(error)} onDismiss={() => dismiss(model.path)} />}
      {setting && (
        <ProfileForm
          initial={{ ...SAFE_DRAFT, modelPath: model.path }}
          profileId={null}
          running={false}
          onDone={() => setSetting(false)}
        />
      )}
    </li>
  )
}
