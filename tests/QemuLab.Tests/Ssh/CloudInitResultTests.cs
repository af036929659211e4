using QemuLab.Engine.Ssh;

namespace QemuLab.Tests.Ssh;

public sealed class CloudInitResultTests
{
    private const string Done = """{"v1": {"datasource": "DataSourceNoCloud [seed=/dev/vdb]", "errors": []}}""";

    [Theory]
    [InlineData(Done, "", "")]
    [InlineData(Done, """{"v1": {"datasource": null, "init": {"errors": [], "finished": 1.5}, "stage": null}}""", "")]
    [InlineData(Done, """{"v1": {"init": {"errors": [], "recoverable_errors": {"WARNING": ["old key"], "DEPRECATED": ["x"]}}}}""", "")]
    [InlineData(Done, """{"v1": {"init": {"errors": [], "recoverable_errors": {"ERROR": ["bad thing"]}}}}""", "bad thing")]
    [InlineData("""{"v1": {"errors": ["('scripts_user', RuntimeError('1 failure'))"]}}""", """{"v1": {"modules-final": {"errors": ["('scripts_user', RuntimeError('1 failure'))", "more"]}}}""", "('scripts_user', RuntimeError('1 failure'))|more")]
    [InlineData("", "", "cloud-init's result.json is empty")]
    [InlineData("{", "{", "cloud-init's result.json is not valid JSON")]
    [InlineData("[]", "7", "")]
    public void Errors_of_all_stages_are_found_and_warnings_are_none(string result, string status, string errors) =>
        Assert.Equal(errors, string.Join('|', CloudInitResult.Parse(result, status, "").Errors));

    [Theory]
    [InlineData("Cloud-init v. 22.4.2 running 'modules:final' at x. Up 40 seconds.\nhello\n/var/lib/cloud/instance/scripts/runcmd: 3: frobnicate: not found\n2024-05-01 10:00:00,123 - cc_scripts_user.py[WARNING]: Failed to run module scripts_user (scripts in /x)\n2024-05-01 10:00:00,124 - util.py[WARNING]: Running module scripts_user failed\nlater\n", "/var/lib/cloud/instance/scripts/runcmd: 3: frobnicate: not found")]
    [InlineData("Cloud-init v. 22.4.2 running\n2024-05-01 10:00:00,123 - util.py[ERROR]: no user data\n", "2024-05-01 10:00:00,123 - util.py[ERROR]: no user data")]
    [InlineData("only this\n", "only this")]
    [InlineData("", null)]
    public void The_line_that_explains_a_failure_is_the_programs_own_complaint(string output, string? line) =>
        Assert.Equal(line, CloudInitResult.Parse("""{"v1": {"errors": ["x"]}}""", "", output).Explanation);

    [Theory]
    [InlineData("lab@127.0.0.1: Permission denied (publickey).\r\n", "Denied", "lab@127.0.0.1: Permission denied (publickey).")]
    [InlineData("\"System is booting up. Unprivileged users are not permitted to log in yet. Please come back later. For technical details, see pam_nologin(8).\"\nConnection closed by 127.0.0.1 port 2200\n", "Booting", null)]
    [InlineData("@@@@\n@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.\n", "HostKey", "Host key verification failed.")]
    [InlineData("@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nThe fingerprint for the ED25519 key sent by the remote host is\nSHA256:abc.\nHost key verification failed.\n", "HostKey", "Host key verification failed. (the key that was sent is SHA256:abc)")]
    [InlineData("kex_exchange_identification: Connection closed by remote host\nConnection closed by 127.0.0.1 port 1\n", "Connection", null)]
    [InlineData("closed for the night\r\nConnection closed by 127.0.0.1 port 2200\r\n", "Connection", "closed for the night; Connection closed by 127.0.0.1 port 2200")]
    [InlineData("** WARNING: connection is not using a post-quantum key exchange algorithm.\nConnection closed by 127.0.0.1 port 2200\n", "Connection", "Connection closed by 127.0.0.1 port 2200")]
    [InlineData("", "Other", "ssh ended with exit code 255 and said nothing")]
    public void A_failed_login_is_told_apart_by_sshs_own_words(string error, string kind, string? quote)
    {
        LoginFailure failure = LoginFailure.From(255, error);
        Assert.Equal(kind, failure.Kind.ToString());
        Assert.Equal(quote ?? failure.Quote, failure.Quote);
    }
}
