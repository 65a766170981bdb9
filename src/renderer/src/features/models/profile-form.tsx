import { useRef, useState, type FormEvent, type ReactNode } from 'react'
import type { ContractError } from '../../../../shared/contract/errors.ts'
import type { Profile, SettingValue } from '../../../../shared/model/runner.ts'
import { RUNNER_SPECS } from '../../../../shared/model/specs/index.ts'
import type { Result } from '../../../../shared/util/result.ts'
import { told } from '../../format/next-step.ts'
import { usePanel } from '../../stores/context.ts'
import type { StartHow } from '../../stores/fit.ts'
import { Check } from '../../ui/check.tsx'
import { Icon } from '../../ui/icons.tsx'
import { Message } from '../../ui/message.tsx'
import { CommandPreview } from './command-preview.tsx'
import { ContainerSection } from './container-section.tsx'
import { ContextField } from './context-field.tsx'
import {
  MOST_LABEL_CHARS,
  draftErrors,
  draftLabel,
  draftProfile,
  isAbout,
  saidAtOnce,
  type Draft
} from './draft.ts'
import { ExportButton } from './export-button.tsx'
import { asTyped, formFields } from './fields.ts'
import { FitPanel } from './fit-panel.tsx'
import { ModelField, TextField } from './profile-fields.tsx'
import { Reach } from './reach.tsx'
import { SettingField } from './setting-field.tsx'
import { focusOpener, useEscape } from './use-escape.ts'
import { useFit } from './use-fit.ts'
import { WhenShort } from './when-short.tsx'

interface ProfileFormProps {
  readonly initial: Draft
  /** null for a new one. */
  readonly profileId: string | null
  /** While it runs its settings can be saved, but take effect at the next start. */
  readonly running: boolean
  readonly onDone: () => void
}

/** Its field among the problems. */
const CONTEXT = 'values.contextTokens'

/** Few settings first, the rest under Advanced; what is wrong is said beside the field. */
export function ProfileForm({ initial, profileId, running, onDone }: ProfileFormProps): ReactNode {
  const [draft, setDraft] = useState(initial)
  const [tried, setTried] = useState(false)
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<ContractError | null>(null)
  // What an earlier try has left behind and this one must use, not double.
  const [keptId, setKeptId] = useState(profileId)
  const saveProfile = usePanel('runners', (state) => state.saveProfile)
  const start = usePanel('runners', (state) => state.start)
  const startNew = usePanel('runners', (state) => state.startNew)
  const profiles = usePanel('runners', (state) => state.profiles)
  // A profile that exists is started by the button of its row.
  const startsHere = profileId === null
  const spec = RUNNER_SPECS[draft.kind]
  const problems = draftErrors(draft)
  const isGood = Object.keys(problems).length === 0
  const errors = tried ? problems : saidAtOnce(problems)
  const others = profiles.filter((one) => one.id !== keptId)
  const label = draftLabel(draft, new Set(others.map((one) => one.label)))
  const fields = formFields(draft.kind)

  const profile = isGood ? draftProfile(draft, keptId, others) : null
  const fit = useFit(profile)
  const stopRunner = usePanel('runners', (state) => state.stop)
  const free = usePanel('runnerActs', (state) => state.free)
  const unloadModel = usePanel('runnerActs', (state) => state.unloadModel)
  const panel = useRef<HTMLDivElement>(null)
  const form = useRef<HTMLFormElement>(null)
  const cancel = (): void => {
    focusOpener(form.current)
    onDone()
  }
  useEscape(form, cancel)

  /** `how`: null saves and starts nothing. */
  const submit = async (how: StartHow | null): Promise<void> => {
    setTried(true)
    if (profile === null) return
    setBusy(true)
    setFailure(null)
    const outcome = how === null ? await saveProfile(profile) : await saveAndStart(profile, how)
    setBusy(false)
    if (outcome.ok) return onDone()
    setFailure(outcome.error)
    // The ways out are there.
    if (outcome.error.code === 'does-not-fit') panel.current?.scrollIntoView({ block: 'nearest' })
  }
  const saveAndStart = async (wanted: Profile, how: StartHow): Promise<Result<unknown, ContractError>> => {
    if (keptId === null) {
      const started = await startNew(wanted, how)
      setKeptId(started.keptId)
      return started.outcome
    }
    const saved = await saveProfile(wanted)
    return saved.ok ? await start({ ...how, target: saved.value.id }) : saved
  }
  const change = (field: string, over: Partial<Draft>): void => {
    setDraft((before) => ({ ...before, ...over }))
    setFailure((before) => (before !== null && isAbout(before.code, field) ? null : before))
  }
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault()
    void submit(startsHere ? {} : null)
  }
  /** Memory comes back while the form stays open; what came of it shows in the bar. */
  const makeRoom = async (act: () => Promise<unknown>): Promise<void> => {
    setBusy(true)
    await act()
    setBusy(false)
  }
  const applySettings = (settings: Readonly<Record<string, SettingValue>>): void => {
    const changed = fields.flatMap((field) => {
      const setting = settings[field.key]
      return setting === undefined ? [] : [[field.key, asTyped(field, setting)] as const]
    })
    setDraft((before) => ({ ...before, values: { ...before.values, ...Object.fromEntries(changed) } }))
    setFailure(null)
  }
  const setting = (field: (typeof fields)[number]): ReactNode => {
    const value = draft.values[field.key] ?? ''
    const error = errors[`values.${field.key}`]
    const onChange = (next: string | boolean): void =>
      change(`values.${field.key}`, { values: { ...draft.values, [field.key]: next } })
    return field.key === 'contextTokens' && typeof value === 'string' ? (
      <ContextField key={field.key} {...{ field, facts: fit.facts, value, error, onChange }} />
    ) : (
      <SettingField key={field.key} {...{ field, value, error, onChange }} />
    )
  }

  return (
    <form
      ref={form}
      className="profile-form"
      onSubmit={onSubmit}
      noValidate
      aria-label={profileId ?? 'New model'}
    >
      <div ref={panel}>
        <FitPanel
          fit={fit}
          label={label}
          running={running}
          busy={busy}
          isContextBad={problems[CONTEXT] !== undefined}
          acts={{
            onSettings: applySettings,
            onModel: (modelPath) => change('modelPath', { modelPath }),
            onStop: (ids) => void makeRoom(() => Promise.all(ids.map(stopRunner))),
            onUnload: (id, model) =>
              void makeRoom(() => (model === null ? free(id) : unloadModel(id, model))),
            onWait: () => void submit({ waits: true }),
            onAnyway: (phrase) => void submit({ phrase })
          }}
        />
      </div>
      <div className="form-grid">
        {spec.model.form !== 'none' && (
          <ModelField
            spec={spec}
            value={draft.modelPath}
            error={errors['modelPath']}
            onChange={(modelPath) => change('modelPath', { modelPath })}
          />
        )}
        <TextField
          value={draft.label}
          error={errors['label']}
          label="Name"
          placeholder={label}
          maxLength={MOST_LABEL_CHARS}
          wide
          onChange={(value) => change('label', { label: value })}
        />
        {fields.filter(({ advanced }) => !advanced).map(setting)}
      </div>
      <ContainerSection
        kind={draft.kind}
        container={draft.container}
        errors={errors}
        onChange={(container) => change('container', { container })}
      />
      <Reach lan={draft.lan} onChange={(lan) => change('lan', { lan })} />
      <WhenShort draft={draft} error={errors['floorGib']} onChange={change} />
      <details className="advanced">
        <summary>Advanced</summary>
        <div className="form-grid">
          {fields.filter(({ advanced }) => advanced).map(setting)}
          <Check
            className="wide"
            checked={draft.restartOnCrash}
            words="Restart after a crash"
            hint="Not when it was killed or stopped."
            onChange={(restartOnCrash) => change('restartOnCrash', { restartOnCrash })}
          />
        </div>
      </details>
      <CommandPreview profile={profile} />
      {failure !== null && <Message tone="error" {...told(failure)} />}
      {tried && !isGood && (
        <p className="small bad" role="alert">
          {Object.keys(problems).length === 1 ? 'One field needs' : 'Some fields need'} another value:{' '}
          {Object.values(problems)[0]}
        </p>
      )}
      <div className="buttons">
        {startsHere && (
          <button
            type="submit"
            className="button primary"
            disabled={busy}
            aria-label={label === '' ? 'Start model' : `Start ${label}`}
          >
            <Icon name="play" size={12} />
            <span>{busy ? 'Starting' : 'Start'}</span>
          </button>
        )}
        <button
          type={startsHere ? 'button' : 'submit'}
          className={`button ${startsHere ? '' : 'primary'}`}
          disabled={busy}
          {...(startsHere ? { onClick: () => void submit(null) } : {})}
        >
          Save profile
        </button>
        {profileId !== null && <ExportButton ids={[profileId]} name={profileId} word="Export" what={label} />}
        <button type="button" className="button quiet" onClick={cancel}>
          Cancel
        </button>
        {running && <span className="small muted">It is running: changes count from its next start.</span>}
      </div>
    </form>
  )
}
