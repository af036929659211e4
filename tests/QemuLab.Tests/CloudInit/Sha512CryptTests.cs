using QemuLab.Engine.CloudInit;

namespace QemuLab.Tests.CloudInit;

/// <summary>Against what <c>openssl passwd -6 -salt SALT PASSWORD</c> prints.</summary>
public sealed class Sha512CryptTests
{
    [Theory]
    [InlineData("saltstring", "Hello world!", "svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1")]
    [InlineData("saltstring", "x", "nk7Qohr7tOmwY2mX639VRP.Lyvj3uhcgpatqHuLC867qfSHKq1LDuKa/h7Es9Nv0aL08pbF.cnQlRqhaoKT/D.")]
    [InlineData("saltstring", "a very much longer text to encrypt.  This one even stretches over morethan one line and 64 bytes.", "uIUK0/AF6OhGDfljf7fYDQTnOBbtLPntAax2EQduPJQlMNL2AoGPTht3IOR8dGBHsDbaAm3X0EzYe5l9NC53C0")]
    [InlineData("saltstring", "pässwörd", "6PSVl254uv0cWCoUS0qzSX5NenRA/YFCwPzGA9ONu.MmmxqXTWHerEzD8WyuBl3ukfIZZU9uxLD6Bn6p7S3rG.")]
    [InlineData("abcdefghijklmnop", "Hello world!", "QHIFY5kc1kz.IbvL93uE1dch/by2Y7vCuMbwuEBxMP1NEAB5NvpcgGSpdKQkNYQUZ54mM9gicC5bYr2OQXmkh.")]
    public void A_hash_is_what_others_make_of_it(string salt, string password, string hash) =>
        Assert.Equal($"$6${salt}${hash}", Sha512Crypt.Hash(password, salt));

    [Fact]
    public void No_more_of_a_salt_counts_than_sixteen_letters() =>
        Assert.Equal(Sha512Crypt.Hash("x", "abcdefghijklmnop"), Sha512Crypt.Hash("x", "abcdefghijklmnopq"));

    [Fact]
    public void A_salt_is_of_letters_that_shadow_takes() => Assert.Equal("./0z", Sha512Crypt.Salt([0, 1, 2, 255]));
}
