using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Images;
using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Ssh;
using QemuLab.Tests.Labs;

namespace QemuLab.Tests.Fakes;

/// <summary>A home, a hypervisor and a network that any number of supervisors, one after the other, can be daemons of.</summary>
internal sealed class FakeLab : IDisposable
{
    private static readonly string Digest = new('a', 128);
    private readonly TemporaryDirectory home = new();
    private readonly ImageCatalog catalog = new([.. LabFiles.Images.Select(image => image with
    {
        Origins = new Dictionary<Architecture, ImageOrigin> { [Architecture.X64] = new ImageOrigin.Download(new Uri("https://images.invalid/" + image.Name), Digest, null) },
    })]);

    /// <param name="now">When it is; null: far from the time of the tests.</param>
    public FakeLab(DateTimeOffset? now = null)
    {
        Clock = new ManualTimeProvider(now);
        Paths = new StatePaths(home.Path);
        foreach (ImageReference image in catalog.Images)
        {
            PutIntoCache(image.Name);
        }
    }

    public StatePaths Paths { get; }

    public FakeHypervisor Hypervisor { get; } = new();

    public FakeNetwork Network { get; } = new();

    public FakeTools Tools { get; } = new();

    /// <summary>Where images are downloaded from.</summary>
    public FakeServer Server { get; } = new();

    public ManualTimeProvider Clock { get; }

    /// <summary>The host as it is looked at from now on.</summary>
    public HostFacts Host { get; set; } = Hosts.ByName["linux-x64-kvm"];

    /// <summary>How many vCPUs may boot at the same time; null: as many as the host bears.</summary>
    public int? ParallelBoots { get; init; }

    /// <summary>How a machine's guest comes up; one that is not here is ready at once.</summary>
    public ConcurrentDictionary<string, Func<CancellationToken, Task>> Guests { get; } = new();

    /// <summary>How far a machine's guest has come before it is waited for; one that is not here has not been heard of.</summary>
    public ConcurrentDictionary<string, ReadinessUpdate> Arrivals { get; } = new();

    /// <summary>What a machine's health check answers; one that is not here is healthy.</summary>
    public ConcurrentDictionary<string, Func<string?>> Health { get; } = new();

    /// <summary>A guest that boots for ever.</summary>
    public static Task Never(CancellationToken cancellation) => Task.Delay(Timeout.Infinite, cancellation);

    public static LabSource Source(string text) => new() { DisplayPath = "lab.yaml", BaseDirectory = "/labs", Text = text };

    /// <summary>A daemon's engine, started.</summary>
    public async Task<LabSupervisor> StartAsync()
    {
        var supervisor = new LabSupervisor(Parts());
        await supervisor.StartAsync();
        return supervisor;
    }

    /// <summary>What a daemon's engine works with here.</summary>
    public EngineParts Parts()
    {
        return new EngineParts
        {
            Paths = Paths,
            Clock = Clock,
            ParallelBoots = ParallelBoots,
            Runner = Tools,
            Host = new HostWatch(_ => Task.FromResult(Host), (_, _) => Task.FromResult(Host)),
            Hypervisor = Hypervisor,
            Network = Network,
            Catalog = catalog,
            Images = new ImageStore(Paths, () => Host, Tools, Server, Clock),
            CheckHealth = (plan, _, _) => Task.FromResult(Health.GetValueOrDefault(plan.Name, () => null)()),
            AwaitReady = (plan, _, progress, cancellation) =>
            {
                if (Arrivals.TryGetValue(plan.Name, out ReadinessUpdate? arrival))
                {
                    progress.Report(arrival);
                }

                return Guests.GetValueOrDefault(plan.Name, _ => Task.CompletedTask)(cancellation);
            },
        };
    }

    /// <summary>Keeps a lab's record from being written until the result is disposed: a folder is where it belongs.</summary>
    public IDisposable Unwritable(string name) => new BrokenRecord(Paths.LabRecord(name));

    /// <summary>Waits, for seconds at most, until something holds.</summary>
    public static async Task UntilAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (!condition())
        {
            await Task.Delay(2, limit.Token);
        }
    }

    public void Dispose() => home.Dispose();

    private void PutIntoCache(string image)
    {
        string folder = Path.Combine(Paths.Images, image, "0123abcd");
        Directory.CreateDirectory(folder);
        foreach (string file in (string[])[ImageFolder.Disk, ImageFolder.Kernel, ImageFolder.Initrd, ImageFolder.CommandLine])
        {
            File.WriteAllText(Path.Combine(folder, file), file);
        }

        File.WriteAllBytes(Path.Combine(folder, ImageFolder.Description), new CachedImage
        {
            Name = image,
            Key = "0123abcd",
            Source = "a test",
            Recipe = ImageKey.Of([Digest]),
            VirtualSizeBytes = ByteSize.FromMiB(64).Bytes,
            Created = Clock.GetUtcNow(),
        }.ToJson());
    }

    private sealed class BrokenRecord : IDisposable
    {
        private readonly string path;

        public BrokenRecord(string path)
        {
            this.path = path;
            File.Move(path, path + ".aside");
            Directory.CreateDirectory(path);
        }

        public void Dispose()
        {
            Directory.Delete(path);
            File.Move(path + ".aside", path);
        }
    }
}
