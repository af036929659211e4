using System.Collections.Concurrent;

namespace QemuLab.Engine.Labs;

/// <summary>What to take back, last done first, should the rest of the work fail. Several tasks may push at the same time.</summary>
internal sealed class UndoStack
{
    private readonly ConcurrentStack<Func<Task>> steps = [];

    public void Push(Func<Task> undo) => steps.Push(undo);

    public void Push(Action undo) => steps.Push(() =>
    {
        undo();
        return Task.CompletedTask;
    });

    /// <summary>The work is done: nothing is taken back any more.</summary>
    public void Commit() => steps.Clear();

    /// <summary>Takes everything back. A step that fails does not keep the others from being taken; the faults are returned.</summary>
    public async Task<IReadOnlyList<Exception>> UndoAsync()
    {
        var faults = new List<Exception>();
        while (steps.TryPop(out Func<Task>? undo))
        {
            try
            {
                await undo();
            }
            catch (Exception fault)
            {
                faults.Add(fault);
            }
        }

        return faults;
    }
}
