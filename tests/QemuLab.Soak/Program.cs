using System.Diagnostics;
using System.Globalization;
using QemuLab.Soak;

// make soak: random verbs, random kills, a model. SOAK_SECONDS (600), SOAK_SEED (another one each time), SOAK_MACHINES (20).
int seconds = Number("SOAK_SECONDS") ?? 600;
int seed = Number("SOAK_SEED") ?? Random.Shared.Next(1_000_000);
int machines = Number("SOAK_MACHINES") ?? 20;
const double MoreMegabytes = 40;
const int MoreDescriptors = 2;
const int OfALibrary = 2;
string images = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "..", "test-images"));
Console.WriteLine($"soak: seed {seed}, {machines} machines, {seconds} s; the same verbs again: SOAK_SEED={seed} make soak");

using var lines = new StringWriter();
using var trace = TextWriter.Synchronized(lines);
using var world = new SoakWorld(images);
var soak = new Soak(world, new Random(seed), machines, trace);
long began = Stopwatch.GetTimestamp();
bool Goes(double part) => Stopwatch.GetElapsedTime(began).TotalSeconds < seconds * part;
try
{
    await soak.BeginAsync();
    while (Goes(0.6))
    {
        await soak.StepAsync(mayKill: true);
    }

    // One daemon for the rest, and what it holds at the beginning and at the end of that.
    for (int warm = 0; warm < 30; warm++)
    {
        await soak.StepAsync(mayKill: false);
    }

    (IReadOnlyDictionary<string, int> descriptors, double megabytes, IReadOnlyList<string> files) = await soak.RestAsync();
    do
    {
        await soak.StepAsync(mayKill: false);
    }
    while (Goes(1));

    (IReadOnlyDictionary<string, int> descriptorsLater, double megabytesLater, IReadOnlyList<string> filesLater) = await soak.RestAsync();
    string more = string.Join(", ", descriptorsLater.Where(kind => kind.Value > descriptors.GetValueOrDefault(kind.Key)).Select(kind => $"{kind.Key} {descriptors.GetValueOrDefault(kind.Key)} -> {kind.Value}"));
    Soak.Ensure(Held(descriptorsLater) <= Held(descriptors) + MoreDescriptors, $"the daemon's descriptors grew from {Held(descriptors)} to {Held(descriptorsLater)}: {more}");
    Soak.Ensure(descriptorsLater.All(kind => !IsLibrary(kind.Key) || kind.Value <= OfALibrary), $"the daemon opens its libraries again and again: {more}");
    Soak.Ensure(megabytesLater <= megabytes + MoreMegabytes, string.Create(CultureInfo.InvariantCulture, $"the daemon's memory grew from {megabytes:0} to {megabytesLater:0} MB"));
    Soak.Ensure(filesLater.Except(files).Take(1).All(file => false), "files came: " + string.Join(' ', filesLater.Except(files)));
    await soak.EndAsync();
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"soak: {soak.Verbs} verbs, {soak.DaemonKills} kills of the daemon, no divergence; the daemon: {Held(descriptors)} -> {Held(descriptorsLater)} descriptors beside its libraries{(more.Length > 0 ? $" (more: {more})" : "")}, {megabytes:0} -> {megabytesLater:0} MB"));
    return 0;
}
catch (Exception fault)
{
    Console.Error.WriteLine(lines.ToString());
    Console.Error.WriteLine(fault is DivergenceException ? $"soak: divergence: {fault.Message}" : $"soak: {fault}");
    Console.Error.WriteLine($"soak: seed {seed}, after {soak.Verbs} verbs");
    await world.RunAsync("down", "soak", "--purge", "--force", "--yes");
    await world.RunAsync("daemon", "stop", "--force");
    return 1;
}

// The runtime opens a library when it first has need of one, which may be late, and never closes it: there are only so many.
static bool IsLibrary(string kind) => kind.EndsWith(".dll", StringComparison.Ordinal);

static int Held(IReadOnlyDictionary<string, int> descriptors) => descriptors.Where(kind => !IsLibrary(kind.Key)).Sum(kind => kind.Value);

static int? Number(string variable) => int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out int value) && value > 0 ? value : null;
