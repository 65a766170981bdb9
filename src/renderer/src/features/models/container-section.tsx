import { useState, type ReactNode } from 'react'
import type { RunnerKind } from '../../../../shared/model/runner.ts'
import { RUNNER_SPECS } from '../../../../shared/model/specs/index.ts'
import { isSecretName } from '../../../../shared/util/secret-name.ts'
import { usePanel } from '../../stores/context.ts'
import { Check } from '../../ui/check.tsx'
import { Icon } from '../../ui/icons.tsx'
import { Message } from '../../ui/message.tsx'
import { freeRow, usualContainer, type ContainerDraft } from './container-draft.ts'
import type { DraftErrors } from './draft.ts'
import { TextField } from './profile-fields.tsx'

interface ContainerSectionProps {
  readonly kind: RunnerKind
  readonly container: ContainerDraft | null
  readonly errors: DraftErrors
  readonly onChange: (container: ContainerDraft | null) => void
}

/** Whether it runs in a container, and how: image, GPUs, memory between its processes, folders, variables. */
export function ContainerSection({ kind, container, errors, onChange }: ContainerSectionProps): ReactNode {
  const engine = usePanel('library', (state) => state.engine)
  // What was typed comes back when the box is ticked again.
  const [kept, setKept] = useState(container)
  const set = (change: Partial<ContainerDraft>): void => {
    if (container !== null) onChange({ ...container, ...change })
  }
  const toggle = (on: boolean): void => {
    if (!on) setKept(container)
    onChange(on ? (kept ?? usualContainer(kind)) : null)
  }
  return (
    <fieldset className="form-part">
      <legend>Where it runs</legend>
      <Check
        checked={container !== null}
        words="In a container"
        hint={
          RUNNER_SPECS[kind].image === null
            ? 'Else it is a program of this machine.'
            : 'As its vendor ships it; else it is a program of this machine.'
        }
        onChange={toggle}
      />
      {container !== null && (
        <>
          {engine !== null && engine.state !== 'ok' && <Message tone="warning" text={engine.text} />}
          <div className="form-grid">
            <TextField
              label="Image"
              value={container.image}
              error={errors['container.image']}
              hint="With its tag; pulled at the first start where it is not here"
              placeholder="docker.io/owner/name:tag"
              wide
              onChange={(image) => set({ image })}
            />
            <TextField
              label="Shared memory, MiB"
              value={container.shmMiB}
              error={errors['container.shmMiB']}
              hint="Of /dev/shm; 0 = the engine’s own 64 MiB"
              onChange={(shmMiB) => set({ shmMiB })}
            />
            <Check
              checked={container.gpus}
              words="All GPUs"
              hint="Else it sees none."
              onChange={(gpus) => set({ gpus })}
            />
            <Check
              checked={container.hostIpc}
              words="The machine’s own IPC"
              hint="As PyTorch’s loaders want it; /dev/shm is then the machine’s."
              onChange={(hostIpc) => set({ hostIpc })}
            />
          </div>
          <Mounts container={container} errors={errors} set={set} />
          <Variables container={container} errors={errors} set={set} />
        </>
      )}
    </fieldset>
  )
}

interface ListProps {
  readonly container: ContainerDraft
  readonly errors: DraftErrors
  readonly set: (change: Partial<ContainerDraft>) => void
}

function Mounts({ container, errors, set }: ListProps): ReactNode {
  const { mounts } = container
  const change = (at: number, over: Partial<(typeof mounts)[number]>): void =>
    set({ mounts: mounts.map((one, index) => (index === at ? { ...one, ...over } : one)) })
  return (
    <div className="form-list">
      <p className="label">Folders it sees</p>
      {mounts.map((mount, at) => (
        <div key={mount.row} className="form-list-row mount">
          <input
            className="input"
            aria-label={`Folder ${at + 1} on this machine`}
            value={mount.hostPath}
            placeholder="/data/models"
            spellCheck={false}
            onChange={(event) => change(at, { hostPath: event.target.value })}
          />
          <input
            className="input"
            aria-label={`Folder ${at + 1} inside the container`}
            value={mount.containerPath}
            placeholder="/models"
            spellCheck={false}
            onChange={(event) => change(at, { containerPath: event.target.value })}
          />
          <Check
            checked={mount.readOnly}
            words="Read only"
            onChange={(readOnly) => change(at, { readOnly })}
          />
          <RemoveRow
            what={`folder ${at + 1}`}
            onRemove={() => set({ mounts: mounts.filter((_, index) => index !== at) })}
          />
          <RowError text={errors[`container.mounts.${at}`]} />
        </div>
      ))}
      <AddRow
        words="Add a folder"
        onAdd={() =>
          set({
            mounts: [...mounts, { row: freeRow(mounts), hostPath: '', containerPath: '', readOnly: true }]
          })
        }
      />
    </div>
  )
}

function Variables({ container, errors, set }: ListProps): ReactNode {
  const { env } = container
  const [shown, setShown] = useState(false)
  const change = (at: number, over: Partial<(typeof env)[number]>): void =>
    set({ env: env.map((one, index) => (index === at ? { ...one, ...over } : one)) })
  const hasSecret = env.some(({ name }) => isSecretName(name))
  return (
    <div className="form-list">
      <p className="label">Variables</p>
      {env.map((one, at) => (
        <div key={one.row} className="form-list-row">
          <input
            className="input"
            aria-label={`Name of variable ${at + 1}`}
            value={one.name}
            placeholder="NAME"
            spellCheck={false}
            onChange={(event) => change(at, { name: event.target.value })}
          />
          <input
            className="input"
            aria-label={`Value of variable ${at + 1}`}
            type={isSecretName(one.name) && !shown ? 'password' : 'text'}
            value={one.value}
            spellCheck={false}
            autoComplete="off"
            onChange={(event) => change(at, { value: event.target.value })}
          />
          <RemoveRow
            what={`variable ${at + 1}`}
            onRemove={() => set({ env: env.filter((_, index) => index !== at) })}
          />
          <RowError text={errors[`container.env.${at}`]} />
        </div>
      ))}
      <div className="buttons">
        <AddRow
          words="Add a variable"
          onAdd={() => set({ env: [...env, { row: freeRow(env), name: '', value: '' }] })}
        />
        {hasSecret && (
          <button
            type="button"
            className="button quiet compact"
            aria-pressed={shown}
            onClick={() => setShown(!shown)}
          >
            {shown ? 'Hide secrets' : 'Show secrets'}
          </button>
        )}
      </div>
    </div>
  )
}

const RowError = ({ text }: { readonly text: string | undefined }): ReactNode =>
  text === undefined ? null : (
    <p className="small bad" role="alert">
      {text}
    </p>
  )

function RemoveRow({ what, onRemove }: { readonly what: string; readonly onRemove: () => void }): ReactNode {
  return (
    <button
      type="button"
      className="button quiet compact icon-only"
      aria-label={`Remove ${what}`}
      onClick={onRemove}
    >
      <Icon name="close" size={14} />
    </button>
  )
}

function AddRow({ words, onAdd }: { readonly words: string; readonly onAdd: () => void }): ReactNode {
  return (
    <button type="button" className="button quiet compact" onClick={onAdd}>
      <Icon name="plus" size={12} />
      <span>{words}</span>
    </button>
  )
}
