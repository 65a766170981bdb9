import { memo, useEffect, useMemo, useRef, useState, type ReactNode } from 'react'
import { ACTIVE_STATES, type Profile } from '../../../../shared/model/runner.ts'
import { sizeText } from '../../format/bytes.ts'
import { freeId, shortPath } from '../../format/names.ts'
import { told } from '../../format/next-step.ts'
import { KIND_NAMES, loadProgress, stateWord } from '../../format/runner.ts'
import { usePanel } from '../../stores/context.ts'
import { sizeKey } from '../../stores/estimates.ts'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { KindMark } from '../../ui/kind-mark.tsx'
import { Message } from '../../ui/message.tsx'
import { StartStop } from '../../ui/start-stop.tsx'
import { Swatch } from '../../ui/swatch.tsx'
import { MOST_LABEL_CHARS, draftOf } from './draft.ts'
import { FitCell } from './fit-cell.tsx'
import { ProfileForm } from './profile-form.tsx'

/** Paths longer than this are cut at the front; the whole is in the title. */
const PATH_CHARS = 64

/** Told apart by it, where it was duplicated. */
const COPY = ' copy'

/** One profile: what it is, how it is, and its buttons; the form opens beneath it. */
export const ProfileRow = memo(function ProfileRow({ profile }: { readonly profile: Profile }): ReactNode {
  const view = usePanel('runners', (state) => state.runners.find((one) => one.id === profile.id))
  const fileBytes = usePanel(
    'runners',
    (state) =>
      state.models.find((one) => one.path === profile.modelPath || one.repository === profile.modelPath)
        ?.sizeBytes
  )
  const key = useMemo(() => sizeKey(profile), [profile])
  const size = usePanel('estimates', (state) => state.profiles.get(key))
  const hue = usePanel('live', (state) => state.hues.get(`runner:${profile.id}`))
  const error = usePanel('runners', (state) => state.errors.get(profile.id))
  const dismiss = usePanel('runners', (state) => state.dismissError)
  const asked = usePanel('app', (now) => now.editId === profile.id)
  const edited = usePanel('app', (now) => now.edited)
  const [editing, setEditing] = useState(asked)
  const row = useRef<HTMLLIElement>(null)
  useEffect(() => {
    if (!asked) return
    row.current?.scrollIntoView({ block: 'nearest' })
    edited()
  }, [asked, edited])
  const state = view?.state ?? 'stopped'
  const active = ACTIVE_STATES.includes(state)
  const waiting = state === 'waiting'
  const paused = view?.frozen === true && active
  const stuck = state === 'ready' && view !== undefined && view.stuck !== null
  const failed = state === 'failed' || state === 'lost'
  const progress = view === undefined ? null : loadProgress(view)
  const pct = progress === null || progress.share === null ? '' : ` ${Math.round(progress.share * 100)} %`
  return (
    <li className="profile" ref={row}>
      <div className="profile-line">
        <span className="profile-marks">
          <Swatch kind="runner" hue={hue} />
          <KindMark kind={profile.kind} />
        </span>
        <div className="profile-words">
          <p className="ellipsis profile-name" title={profile.label}>
            {profile.label}
          </p>
          <p className="ellipsis small muted" title={profile.modelPath}>
            {[
              KIND_NAMES[profile.kind],
              profile.modelPath === '' ? '' : sizeText(fileBytes ?? view?.modelBytes ?? 'unknown'),
              profile.modelPath,
              profile.lan ? 'on the network' : ''
            ]
              .filter((one) => one !== '')
              .map((one) => shortPath(one, PATH_CHARS))
              .join(' · ')}
          </p>
        </div>
        <FitCell size={size} runningId={active ? profile.id : null} />
        <p className={`state-word num ${paused ? 'paused' : stuck ? 'stuck' : state}`}>
          {paused ? 'Paused' : stuck ? 'Stuck' : `${stateWord(state)}${pct}`}
        </p>
        <RowButtons
          profile={profile}
          active={active}
          waiting={waiting}
          editing={editing}
          onEdit={() => setEditing(!editing)}
        />
      </div>
      {waiting && view !== undefined && <p className="small profile-outcome">{view.text}</p>}
      {failed && view !== undefined && <Message tone="error" text={view.text} />}
      {!failed && view !== undefined && view.lastStop !== null && !active && !waiting && (
        <p className={`small profile-outcome ${view.lastStop.memoryIsBack ? 'muted' : 'bad'}`}>
          {view.lastStop.text}
        </p>
      )}
      {error !== undefined && <Message tone="error" {...told(error)} onDismiss={() => dismiss(profile.id)} />}
      {editing && (
        <ProfileForm
          initial={draftOf(profile)}
          profileId={profile.id}
          running={active}
          onDone={() => setEditing(false)}
        />
      )}
    </li>
  )
})

interface RowButtonsProps {
  readonly profile: Profile
  readonly active: boolean
  readonly waiting: boolean
  readonly editing: boolean
  readonly onEdit: () => void
}

function RowButtons({ profile, active, waiting, editing, onEdit }: RowButtonsProps): ReactNode {
  const start = usePanel('runners', (state) => state.start)
  const stop = usePanel('runners', (state) => state.stop)
  const save = usePanel('runners', (state) => state.saveProfile)
  const remove = usePanel('runners', (state) => state.removeProfile)
  const openLog = usePanel('log', (state) => state.open)
  const profiles = usePanel('runners', (state) => state.profiles)
  const asked = usePanel('runners', (state) => state.asked.get(profile.id))
  const connected = usePanel('app', (state) => state.link === 'connected')
  const [asking, setAsking] = useState(false)
  const buttons = useRef<HTMLDivElement>(null)
  const { id, label } = profile
  const duplicate = (): void => {
    const copy = {
      ...profile,
      id: freeId(id, new Set(profiles.map((one) => one.id))),
      label: `${label.slice(0, MOST_LABEL_CHARS - COPY.length)}${COPY}`
    }
    void save(copy)
  }
  const removeRow = async (): Promise<void> => {
    const row = buttons.current?.closest('li')
    const next = row?.nextElementSibling ?? row?.previousElementSibling
    if (!(await remove(id))) return
    // The focus goes where the row was: to its neighbour, or to the list's heading where there is none.
    const target = next?.isConnected === true ? next.querySelector('button') : null
    ;(target ?? document.getElementById('profiles-title'))?.focus()
  }
  return (
    <div className="profile-buttons" ref={buttons}>
      <button
        type="button"
        className="button quiet compact"
        aria-expanded={editing}
        onClick={onEdit}
        aria-label={`Edit ${label}`}
      >
        Edit
      </button>
      <button
        type="button"
        className="button quiet compact"
        onClick={() => void openLog(id)}
        aria-label={`Log of ${label}`}
      >
        Log
      </button>
      <button
        type="button"
        className="button quiet compact"
        onClick={duplicate}
        aria-label={`Duplicate ${label}`}
      >
        Duplicate
      </button>
      <button
        type="button"
        className="button quiet compact"
        disabled={active || waiting}
        title={active ? 'It is running; stop it first' : waiting ? 'It waits to be started' : undefined}
        onClick={() => setAsking(true)}
        aria-label={`Delete ${label}`}
      >
        Delete
      </button>
      <StartStop
        active={active || waiting}
        stop={{
          className: 'button main-action',
          disabled: asked === 'stop' || !connected,
          label: `${waiting ? 'Cancel' : 'Stop'} ${label}`,
          word: waiting ? 'Cancel' : asked === 'stop' ? 'Stopping' : 'Stop',
          onAct: () => void stop(id)
        }}
        start={{
          className: 'button main-action',
          disabled: asked === 'start' || !connected,
          label: `Start ${label}`,
          word: asked === 'start' ? 'Starting' : 'Start',
          onAct: () => void start({ target: id })
        }}
      />
      {asking && (
        <ConfirmDialog
          title={`Delete the profile ${label}?`}
          text="Its settings are lost. The model file stays where it is."
          confirm={`Delete ${label}`}
          onCancel={() => setAsking(false)}
          onConfirm={() => {
            setAsking(false)
            void removeRow()
          }}
        />
      )}
    </div>
  )
}
